-- role_history: who held which role when, on both sides, with the evidence.
-- Called by:  applications and operators.
-- Relies on:  organization_role_assignments_active and _past, audit_log_by_subject, confirmations_pkey,
--             outbox_attempts_by_subject, sends_by_subject; workos_then.
-- Holds:      a session bound to one organization reads no other; each change of either side is one row.
create or replace function rolecall.local_changes(organization_id text, workos_user_id text)
returns table (role_urn text, granted boolean, at timestamptz, again_at timestamptz, version bigint,
               next_version bigint, action text, actor text, reason text, found boolean)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  with a as materialized (
    select a.role_urn, a.created_at, a.deleted_at from rolecall.organization_role_assignments a
     where a.organization_id = $1 and a.workos_user_id = $2 and a.deleted_at is null
    union all
    select a.role_urn, a.created_at, a.deleted_at from rolecall.organization_role_assignments a
     where a.organization_id = $1 and a.workos_user_id = $2 and a.deleted_at is not null),
  -- with what was held before and after: written after the change; else a verdict, written before it
  log as materialized (
    select l.*, l.detail ? 'after' as exact from rolecall.audit_log l
     where l.subject = rolecall.member_subject($1, $2)
       and (l.detail ? 'after' or l.action in ('adopted', 'merged', 'overruled', 'external_join', 'external_remove',
                                               'late_write', 'echo_in_doubt'))),
  c as (
    select x.role_urn, x.granted, x.at, lead(x.at) over w as next_at, lead(x.at, 2) over w as again_at
      from (select a.role_urn, true as granted, a.created_at as at from a
            union all
            select a.role_urn, false, a.deleted_at from a where a.deleted_at is not null) x
    window w as (partition by x.role_urn order by x.at, x.granted)),
  made as (
    select c.*, coalesce(said.version, seen.version) as version, coalesce(said.action, seen.action) as action,
           coalesce(said.actor, seen.actor) as actor,
           case when said.id is null then seen.detail ->> 'detail' else said.reason end as reason,
           said.id is null as found
      from c
      left join lateral (
        select l.* from log l where l.exact and l.at >= c.at order by l.id limit 1) said
        on (c.next_at is null or said.at < c.next_at)
       and (said.detail -> 'after' ? c.role_urn) = c.granted and (said.detail -> 'before' ? c.role_urn) <> c.granted
      left join lateral (
        select l.* from log l
         where said.id is null and not l.exact and l.at <= c.at order by l.id desc limit 1) seen on true)
  select m.role_urn, m.granted, m.at, m.again_at, m.version,
         lead(m.version) over (partition by m.role_urn order by m.at, m.granted),
         m.action, m.actor, m.reason, m.found
    from made m
$$;
comment on function rolecall.local_changes(text, text) is
  'Part of role_history: each assignment''s beginning and end here, with the version and audit line that it belongs '
  'to, and when the role changed in the same way again. found: WorkOS showed it, nobody here decided it.';

create or replace function rolecall.workos_runs(organization_id text, workos_user_id text, role_urns text[])
returns table (role_urn text, held boolean, at timestamptz, until timestamptz, actor text, event_id text)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  with seen as materialized (select * from rolecall.workos_then($1, $2, null)),
  meant as materialized (
    select u.urn from unnest($3) u (urn)
    union
    select rolecall.role_meant($1, r.slug, s.since) from seen s cross join lateral unnest(s.roles) r (slug)),
  was as (
    select m.urn, s.at, rolecall.held_there($1, m.urn, s.known, s.since, s.roles, s.at) as held, s.actor, s.event_id
      from meant m cross join seen s where m.urn is not null),
  turns as (
    select w.*, lag(w.held) over (partition by w.urn order by w.at) as before from was w)
  select t.urn, t.held, t.at, lead(t.at) over (partition by t.urn order by t.at), t.actor, t.event_id
    from turns t where t.held is distinct from t.before
$$;
comment on function rolecall.workos_runs(text, text, text[]) is
  'Part of role_history: from when to when a member held each role at WorkOS, did not, or nobody knows: these roles, '
  'and whatever else was seen.';

create or replace function rolecall.role_history(organization_id text, member text)
returns table (decided_at timestamptz, change text, role_urn text, slug text, decided_by text, reason text, action text,
               version bigint, sent_at timestamptz, effective_at timestamptz, confirmed_at timestamptz, request_id text,
               event_id text)
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  person text := rolecall.past_member(role_history.organization_id, role_history.member);
  key text := rolecall.member_subject(role_history.organization_id, person);
begin
  return query
  with c as materialized (select * from rolecall.local_changes(role_history.organization_id, person)),
  runs as materialized (
    select * from rolecall.workos_runs(
      role_history.organization_id, person, array(select distinct c.role_urn from c))),
  here as (
    select c.*, sent.at as sent_at, sent.request_id, seen.confirmed_at, run.at as effective_at, run.actor as by,
           run.event_id
      from c
      left join lateral (  -- the first version that said it; one that was superseded before it left is said by a newer one
        select coalesce(s.leased_at, d.at, f.sent_at) as at, coalesce(d.request_id, f.request_id) as request_id
          from (select 1) one
          left join lateral (
            select a.at, a.request_id from rolecall.outbox_attempts a
             where a.subject = key and a.version >= c.version and (c.next_version is null or a.version < c.next_version)
               and a.outcome = 'delivered' order by a.version, a.id limit 1) d on true
          left join lateral (
            select min(x.leased_at) as leased_at from rolecall.sends x
             where x.subject = key and x.version >= c.version
               and (c.next_version is null or x.version < c.next_version)) s on true
          left join lateral (
            select x.sent_at, x.request_id from rolecall.confirmations x
             where x.subject = key and x.version >= c.version and (c.next_version is null or x.version < c.next_version)
               and x.sent_at is not null order by x.version limit 1) f on true) sent on not c.found
      left join lateral (
        select x.confirmed_at from rolecall.confirmations x
         where x.subject = key and x.version >= c.version and (c.next_version is null or x.version < c.next_version)
         order by x.version limit 1) seen on true
      left join lateral (
        select r.* from runs r
         where r.role_urn = c.role_urn and r.held = c.granted and (r.until is null or r.until > c.at)
           and (c.again_at is null or r.at < c.again_at)
         order by r.at limit 1) run on true)
  select x.decided_at, case when x.granted then 'granted' else 'revoked' end, x.role_urn, rolecall.slug_of_urn(x.role_urn),
         x.decided_by, x.reason, x.action, x.version, x.sent_at, x.effective_at, x.confirmed_at, x.request_id, x.event_id
    from (
      select h.at as decided_at, h.granted, h.role_urn,
             case when h.found and h.by is not null then concat_ws(':', 'workos', nullif(h.by, '')) else h.actor
                  end as decided_by, h.reason, h.action, h.version, h.sent_at, h.effective_at, h.confirmed_at, h.request_id, h.event_id
        from here h
      union all
      -- what was so at WorkOS alone: overruled here, or a membership that was suspended
      select null, r.held, r.role_urn, concat_ws(':', 'workos', nullif(r.actor, '')), null, null, null, null, r.at,
             null, null, r.event_id
        from runs r
       where r.held is not null
         and (r.held or exists (select from runs b where b.role_urn = r.role_urn and b.held and b.at < r.at))
         and not exists (select from here h
                          where h.role_urn = r.role_urn and h.granted = r.held and h.effective_at = r.at)) x
   order by coalesce(x.decided_at, x.effective_at), x.granted, x.role_urn;
end $$;
comment on function rolecall.role_history(text, text) is
  'Who held which role when: each change of a member''s roles (a users.id or a WorkOS user id) on either side, oldest '
  'first. change: granted or revoked. decided_at, decided_by, reason, action, version: the change here; decided_by is '
  'workos:... for what was found changed at WorkOS, and decided_at null for what was so there alone (overruled here, '
  'or suspended). sent_at: when it was leased to be sent, while that is on record, else when its answer was recorded; '
  'null: never, or not from here. effective_at: since when it was so at WorkOS; null: never, or not known. '
  'confirmed_at: when it was seen there with nothing on its way. request_id, event_id: X-Request-ID of our write, and '
  'the event that showed it. Raises 22023 (member empty or several people), 42501 (app.org_id is another), P0002 '
  '(organization, user), 55000 (no WorkOS user id).';
