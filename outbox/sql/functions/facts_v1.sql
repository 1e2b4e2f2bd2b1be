-- facts_v1: everything that is known of one subject, as the reducer reads it
-- (outbox/core/facts.hpp).
-- Called by:  reduce_take_v1, under the subject's locks.
-- Relies on:  subjects_pkey, lanes_pkey, observed_pkey, sends_by_subject, outbox's unique (subject,
--             version), inbox_by_subject, inbox_by_object.
-- Holds:      a read that a later send may have overtaken is not shown.
create or replace function rolecall.facts_v1(subject text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  return (select jsonb_build_object(
    'subject', s.subject, 'organization', s.organization_id, 'version', s.version, 'kind', s.kind,
    'made_at', rolecall.json_time_v1(s.updated_at),
    'desired', s.desired, 'touched', s.touched,
    'lane', case when l.subject is not null then jsonb_build_object(
       'state', l.state, 'wanted', l.wanted_version, 'delivered', l.delivered_version, 'kind', l.kind,
       'desired', l.desired, 'looking', l.look_after is not null, 'looks_absent', l.looks_absent,
       'cancelled', l.state = 'idle' and l.ended = 'cancelled') end,
    'next_row', exists (select from rolecall.outbox x
                         where x.subject = s.subject and x.version > coalesce(l.wanted_version, 0)),
    'unready_slugs', rolecall.unready_heirs_v1(s.kind, s.desired),
    'ended_slugs', rolecall.ended_slugs_v1(s),
    'role_ended', s.kind = 'role.permissions' and rolecall.role_ended_v1(s.subject),
    'incarnation', o.incarnation,
    'incarnation_created_at', coalesce(o.incarnation_created_at, ''),
    'dead_incarnation_at', coalesce(o.dead_incarnation_at, ''),
    'echoed', o.echoed_version, 'confirmed', o.confirmed_version, 'looked', o.looked,
    'seen', o.seen, 'seen_at', coalesce(o.seen_at, ''), 'absent_since', coalesce(o.absent_since, ''), 'seen_status', coalesce(o.seen_status, ''),
    'seen_source', coalesce(o.seen_source, ''), 'directory_managed', o.directory_managed,
    'sends', (select coalesce(jsonb_agg(jsonb_build_object(
                'id', d.id, 'version', d.version, 'operation', d.operation, 'incarnation', d.incarnation,
                'value', d.value, 'state', d.state, 'leased_at', rolecall.json_time_v1(d.leased_at),
                'answer', d.answer, 'absorbed', d.absorbed) order by d.id), '[]')
                from rolecall.sends d where d.subject = s.subject),
    'read', case when not exists (select from rolecall.sends d
                    where d.subject = s.subject and d.id > (o.pending_read ->> 'noted_send')::bigint)
                 then case when o.pending_read is not null
                            and rolecall.is_anothers_v1(s, o, o.pending_read #>> '{shown,incarnation}')
                           then jsonb_set(o.pending_read, '{shown}', '{}') else o.pending_read end - 'noted_send' end,
    'events_on', t.flows, 'pulled_at', coalesce(rolecall.json_time_v1(t.pulled_at), ''),
    'events', case when t.flows then (
      select coalesce(jsonb_agg(jsonb_build_object('id', i.event_id, 'type', i.type, 'at', i.at, 'actor', i.actor,
                                                   'shown', i.shown) order by i.seq), '[]')
        from (select i.* from rolecall.inbox i
               where i.subject = s.subject and i.applied_at is null and i.problem is null
                 and i.seq < coalesce((select r.parked_seq from rolecall.workos_organization_syncs r
                                        where r.workos_organization_id = s.desired ->> 'organization'), i.seq + 1)
               order by i.seq limit 1000) i) else '[]' end,
    'now', rolecall.json_time_v1(clock_timestamp()),
    'visibility_ms', c.visibility_ms, 'send_window_ms', c.send_window_ms,
    'multiple_roles', c.multiple_roles,
    'default_role_slug', coalesce(
       (select g.default_role_slug from rolecall.organizations g where g.id = s.organization_id),
       c.default_role_slug))
    from rolecall.subjects s
    join rolecall.observed o on o.subject = s.subject
    left join rolecall.lanes l on l.subject = s.subject
   cross join rolecall.provider_control c
   cross join (select p.enabled and e.started_from is not null and e.gap_since is null as flows, e.pulled_at
                 from rolecall.schedules p cross join rolecall.event_stream e where p.name = 'pull_events') t
   where s.subject = facts_v1.subject);
end $$;
create or replace function rolecall.ended_slugs_v1(member rolecall.subjects) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if member.kind not like 'member.%' then
    return '[]';
  end if;
  return (select coalesce(jsonb_agg(distinct r.workos_slug), '[]')
    from rolecall.organization_roles r
    join rolecall.subjects s on s.subject = r.subject
    left join rolecall.observed o on o.subject = r.subject
   where r.organization_id = member.organization_id and r.deleted_at is not null
     and coalesce(o.confirmed_version, 0) < s.version);
end $$;
comment on function rolecall.ended_slugs_v1(rolecall.subjects) is
  'Part of facts_v1: of a member, slugs of roles that were removed here and may still be seen at WorkOS.';

create or replace function rolecall.stream_v1(out flows boolean, out pulled_at timestamptz)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select p.enabled and e.started_from is not null and e.gap_since is null, e.pulled_at
    from rolecall.schedules p cross join rolecall.event_stream e where p.name = 'pull_events'
$$;
comment on function rolecall.stream_v1() is
  'Whether the event stream tells what is at WorkOS, and how far it was read.';

create or replace function rolecall.is_anothers_v1(
  self rolecall.subjects, known rolecall.observed, shown text) returns boolean
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
  -- A slug that was deleted and made again is one object of two subjects, and each sees only its own. What permissions
  -- see is their role's.
  select coalesce($3, '') <> '' and exists (
    select from (
        select $1.subject, $1.object_key, $1.created_at, $1.version, $2.incarnation, $2.confirmed_version
         where $1.kind <> 'role.permissions'
        union all
        select s.subject, s.object_key, s.created_at, s.version, o.incarnation, coalesce(o.confirmed_version, 0)
          from rolecall.organization_roles r
          join rolecall.subjects s on s.subject = r.subject
          left join rolecall.observed o on o.subject = s.subject
         where $1.kind = 'role.permissions' and r.permissions_subject = $1.subject) me
     cross join lateral (select me.incarnation is not distinct from $3 or exists (  -- the stream gave it to this one
        select from rolecall.inbox i where i.subject = me.subject and i.applied_at is null
           and i.shown ->> 'incarnation' = $3)) mine (is_ours)
     where not is_ours and exists (  -- the stream will say whose it is
             select from rolecall.inbox i where i.object_key = me.object_key and i.applied_at is null
                and i.subject is null and i.problem is null and i.shown ->> 'incarnation' = $3)
        or exists (
        select from rolecall.subjects s left join rolecall.observed o on o.subject = s.subject
         where s.object_key = me.object_key and s.subject <> me.subject
           and ($3 in (o.incarnation, o.dead_incarnation_at)
                or exists (select from rolecall.inbox i where i.subject = s.subject and i.applied_at is null
                              and i.shown ->> 'incarnation' = $3)
                -- the end of each is confirmed before the next one is created (quarantine_left_v1)
                or not is_ours
                   and case when s.created_at > me.created_at then me.confirmed_version = me.version
                            else coalesce(o.confirmed_version, 0) < s.version end)))
$$;
comment on function rolecall.is_anothers_v1(rolecall.subjects, rolecall.observed, text) is
  'Whether what was shown belongs to another subject of the same object: its own, or its heir''s.';
comment on function rolecall.facts_v1(text) is 'What is known of a subject, as a document.';
