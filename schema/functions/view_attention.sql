-- attention: everything that does not get well by itself, why, and the command that resolves it.
-- Called by:  people, `rolecall status`, alerts.
-- Relies on:  lanes_stopped for what is held or dead; guard_holds_pkey; the rest are rare states in small scans.
-- Holds:      I12: what is not confirmed and will not be without a person stands here.
create or replace view rolecall.attention as
with stopped as (
  select l.organization_id, l.subject, l.wanted_id as outbox_id, case l.state when 'idle' then 'cancelled' else l.state end as reason,
         concat_ws(': ', l.failure_class, l.failure_code, l.failure_detail) as detail, l.state_since as since,
         case l.state when 'held' then format('select rolecall.release(%s);', l.wanted_id)
                      else format('select rolecall.retry(%s);', l.wanted_id) end as command
    from rolecall.lanes l
   where (l.state in ('held', 'dead') and not exists (
            select from rolecall.guard_holds h
             where h.subject = l.subject and h.version = l.wanted_version and h.held and l.failure_code = 'mass_revoke'))
      or (l.state = 'idle' and l.ended = 'cancelled' and not exists (
            select from rolecall.observed o join rolecall.subjects s on s.subject = o.subject
             where o.subject = l.subject and o.confirmed_version >= s.version))),
guarded as (
  select h.organization_id, h.subject, l.wanted_id, 'mass_revoke',
         rolecall.guard_words(h.source, h.lost, max(h.revoked) over cause, max(h.assignments) over cause)
           || case when h.approved_at is null then '' else '; approved, and not done' end, h.held_at,
         case when h.approved_at is null then format('select rolecall.approve_hold(%s, ''why'');', l.wanted_id)
              else format('select * from rolecall.explain(%s);', l.wanted_id) end
    from rolecall.guard_holds h
    join rolecall.lanes l on l.subject = h.subject and l.wanted_version = h.version
     and (l.state = 'held' or (l.state = 'leased' and l.requested = 'hold'))
   where h.held and (h.approved_at is null or h.approved_at < now() - interval '10 min')
  window cause as (partition by h.organization_id, h.source)),
slow as (
  select l.organization_id, l.subject, l.wanted_id, r.reason,
         case r.reason when 'unknown_kind' then 'no program here delivers ' || l.kind
                       else concat_ws(': ', l.failure_class, l.failure_code, l.failure_detail) end, l.enqueued_at,
         case r.reason when 'unknown_kind' then 'start a newer rolecall, or select rolecall.cancel(' || l.wanted_id || ', ''reason'');'
                       when 'quarantined' then 'it goes on by itself when the old request can no longer be applied (provider_control.send_window_ms)'
                       else format('select * from rolecall.explain(%s);', l.wanted_id) end
    from rolecall.lanes l
   cross join lateral (select case
           when l.kind <> all (rolecall.known_kinds()) and l.enqueued_at < now() - interval '10 min' then 'unknown_kind'
           when l.failure_class = 'missing_dependency' and l.enqueued_at < now() - interval '10 min' then 'missing_dependency'
           when l.failure_code = 'quarantined' then 'quarantined'
           when (l.look_after is not null or l.failure_class = 'look_first')
             and l.enqueued_at < now() - interval '10 min' then 'looking' end as reason) r
   where l.state = 'due' and r.reason is not null
  union all
  select o.organization_id, o.subject, o.id, 'unknown_kind', 'no program here delivers ' || o.kind, o.enqueued_at, 'start a newer rolecall'
    from rolecall.outbox o
   where o.kind <> all (rolecall.known_kinds()) and o.enqueued_at < now() - interval '10 min'),
mirror as (
  select g.id, null::text, null::bigint, 'unlinked', 'the organization has no id at WorkOS, and versions that cannot be said there', g.updated_at,
         format('as rolecall_app: select rolecall.upsert_organization(%L, %L, ''org_...'');', g.id, g.name)
    from rolecall.organizations g
   where g.workos_organization_id is null and exists (select from rolecall.subjects s where s.organization_id = g.id)
  union all
  select m.organization_id, m.subject, l.wanted_id, r.reason,
         case r.reason when 'directory_managed' then 'a directory decides about this membership and may undo what was said'
                       else 'the invitation was not accepted yet; WorkOS refuses changes until then' end, m.updated_at,
         case r.reason when 'directory_managed' then 'change the group in the directory'
                       else 'accept or revoke the invitation, then ' || format('select rolecall.retry(%s);', l.wanted_id) end
    from rolecall.organization_memberships m
    join rolecall.subjects s on s.subject = m.subject
    left join rolecall.observed o on o.subject = m.subject
    left join rolecall.lanes l on l.subject = m.subject
   cross join lateral (select case when m.directory_managed then 'directory_managed'
                                   when m.status = 'pending' then 'pending_invitation' end as reason) r
   where r.reason is not null and m.deleted_at is null and coalesce(o.confirmed_version, 0) < s.version),
other as (
  select o.organization_id, o.subject, null::bigint, 'reduce_failed', o.reduce_failure, coalesce(o.confirmed_at, s.updated_at),
         format('select rolecall.retry(%L); and if it comes back, report it with select * from rolecall.explain(%L);',
                o.subject, o.subject)
    from rolecall.observed o join rolecall.subjects s on s.subject = o.subject
   where o.reduce_failure is not null
  union all
  select null, null, null, 'unauthorised', 'WorkOS refuses the API key: ' || coalesce(p.detail, ''), p.since,
         'put the right key into WORKOS_API_KEY_FILE, or set WORKOS_API_KEY and restart the workers'
    from rolecall.provider_state p where p.state = 'unauthorised'
  union all
  select null, null, null, 'paused', format('nothing is sent: %s (%s)', c.pause_reason, c.paused_by), c.paused_at,
         'select rolecall.resume_provider();'
    from rolecall.provider_control c where c.paused_at is not null
  union all
  select null, null, null, 'unmaintained', u.what, coalesce(s.last_run_at, s.due_at),
         format('select rolecall.enable_schedule(%L);', s.name)
    from (values ('maintain', 'sends that can no longer be applied keep their subjects unconfirmed'),
                 ('partitions', 'partitions are neither made nor dropped')) u (name, what)
    join rolecall.schedules s on s.name = u.name and not s.enabled),
unadopted as (  -- copied into the mirror by hand, and of no version yet: what WorkOS tells of them waits
  select i.organization_id, null::text, null::bigint, 'unadopted',
         format('%s events of members and roles that were never adopted wait', count(*)), min(i.received_at),
         format('rolecall adopt --apply%s --organization %L', case when exists (
                  select from rolecall.adoptions a where a.organization_id = i.organization_id and a.state = 'done')
                then ' --again' else '' end || coalesce((select ' --policy ' || r.policy from rolecall.adoption_runs r
                                                  order by r.number desc limit 1), ''), i.organization_id)
    from rolecall.inbox i
    join rolecall.organizations g on g.id = i.organization_id and g.disabled_at is null
   where i.applied_at is null and i.subject is null and i.organization_id is not null and i.problem is null
     and i.received_at < now() - interval '10 min' and case when i.family = 'member' then exists (
       select from rolecall.organization_memberships m
        where m.organization_id = i.organization_id and m.workos_user_id = i.name and m.deleted_at is null
          and not exists (select from rolecall.subjects s where s.subject = m.subject))
     when i.family = 'role' then exists (
       select from rolecall.organization_roles r
        where r.organization_id = i.organization_id and r.workos_slug = i.name and r.deleted_at is null
          and not exists (select from rolecall.subjects s where s.subject = r.subject)) end
   group by i.organization_id),
stream as (
  select g.id, i.subject, null::bigint, 'parked', format('event %s (%s) cannot be applied: %s', i.event_id, i.type, r.parked_reason),
         r.parked_at, case
           when r.replay_asked_at is not null and (select p.enabled from rolecall.schedules p where p.name = 'pull_events')
             then 'wait: it is read again'
           when r.replay_asked_at is not null then 'select rolecall.enable_schedule(''pull_events''); it is read again then'
           else format('select rolecall.replay_organization(%L); and if it comes back, rolecall.skip_event(%L, ''why'');',
                       g.id, i.event_id) end
    from rolecall.workos_organization_syncs r
    join rolecall.organizations g on g.workos_organization_id = r.workos_organization_id
    join rolecall.inbox i on i.seq = r.parked_seq
   where r.parked_at is not null
  union all
  select null, null, null, 'parked', format('event %s (%s) cannot be applied: %s', i.event_id, i.type, i.problem), i.received_at,
         case when rolecall.can_be_retried(i)
           then format('repair what it says, then select rolecall.retry_event(%L); or rolecall.skip_event(%L, ''why'');',
                       i.event_id, i.event_id)
           else format('select rolecall.skip_event(%L, ''why'');', i.event_id) end
    from rolecall.inbox i
   where i.problem is not null and i.applied_at is null and (i.family in ('user', 'environment_role') or i.workos_organization_id is null)
  union all
  select null, null, null, 'event_gap', e.gap_reason || '; a reconciliation is needed', e.gap_since, 'select rolecall.start_events();'
    from rolecall.event_stream e where e.gap_since is not null
  union all
  select null, null, null, 'events_failing', coalesce(s.last_result, ''), e.failing_since, 'see what WorkOS answered; the pull is tried again by itself'
    from rolecall.event_stream e join rolecall.schedules s on s.name = 'pull_events' and s.enabled
   where e.failing_since < now() - interval '10 min'
  union all
  select null, null, null, 'event_type_refused', 'WorkOS does not know the event type ' || t || ', and it is not asked for', e.started_from,
         'update rolecall; nothing else is held up'
    from rolecall.event_stream e cross join unnest(e.refused_types) t)
select * from stopped union all select * from guarded union all select * from slow union all select * from mirror union all select * from other
union all select * from unadopted union all select * from stream;
comment on view rolecall.attention is
  'What needs a person: dead, held and cancelled versions, what the mass-revoke guard holds, kinds that nobody delivers, roles '
  'that never came, looks that never ended, reducer failures, a refused key, a pause, maintenance that is switched '
  'off, members that were never adopted, and events that cannot be applied or were lost.';
comment on column rolecall.attention.organization_id is 'Whose affair it is; null: everybody''s.';
comment on column rolecall.attention.outbox_id is
  'The outbox row, for rolecall.explain, retry, release and cancel.';
comment on column rolecall.attention.reason is
  'dead, held, cancelled, mass_revoke, unknown_kind, missing_dependency, quarantined, looking, unlinked, '
  'directory_managed, pending_invitation, reduce_failed, unauthorised, paused, unmaintained, unadopted, parked, '
  'event_gap, events_failing or event_type_refused.';
comment on column rolecall.attention.command is 'The SQL or the deed that resolves it.';
