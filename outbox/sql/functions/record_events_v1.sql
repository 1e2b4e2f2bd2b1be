-- record_events_v1: a page of events goes into the inbox, and the cursor moves with it. What can be applied is.
-- Called by:  PgStore::record_events, by the worker that holds the pull.
-- Relies on:  schedules_pkey, inbox's unique (event_id, family), organizations' unique workos_organization_id.
-- Holds:      the cursor is compared and set in one transaction; each event is there once, in the stream's order;
--             I9: what an application holds is left for the next page.
create or replace function rolecall.record_events_v1(worker bigint, page jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan as $$
declare
  moment timestamptz := clock_timestamp();
  replayed text := nullif(page ->> 'organization', '');
  at text := coalesce(page ->> 'after', '');
  ended boolean := (page ->> 'end')::boolean;
  first_seq bigint;
  outcomes jsonb;
  found_all boolean;
begin
  perform from rolecall.schedules s
    where s.name = 'pull_events' and s.enabled
      and (s.leased_by = worker and s.lease_expires_at > moment
           -- the pull before the replay gave its right back, and nobody has taken it since
           or replayed is not null and s.leased_by is null and rolecall.session_lives_v1(worker)) for update;
  if not found or at is distinct from (case when replayed is null
       then coalesce((select c.last_event_id from rolecall.workos_user_syncs c), '')
       else (select coalesce(r.replayed_to, r.last_event_id) from rolecall.workos_organization_syncs r
              where r.workos_organization_id = replayed and r.replay_asked_at is not null) end) then
    return '{"fenced": true}';
  end if;
  first_seq := rolecall.keep_events_v1(page -> 'events', replayed);
  perform rolecall.move_cursors_v1(page, first_seq);
  if jsonb_array_length(page -> 'refused_types') > 0 then
    update rolecall.event_stream e set refused_types = array(
      select distinct t from (select unnest(e.refused_types) union select jsonb_array_elements_text(page -> 'refused_types')) x (t)
       order by t);
  end if;
  perform rolecall.find_linked_v1();
  perform rolecall.route_members_v1(1000);
  outcomes := rolecall.route_roles_v1(1000) || rolecall.apply_direct_v1(1000);
  if page -> 'roles' <> 'null' then
    outcomes := outcomes || rolecall.apply_environment_roles_v1(page -> 'roles');
  end if;
  if ended and replayed is not null then
    perform rolecall.end_replay_v1(replayed);
    update rolecall.schedules s set leased_by = null, lease_expires_at = null where s.name = 'pull_events';
  elsif ended then
    perform rolecall.has_no_holders_v1(g) from rolecall.global_roles g
      where g.deleted_at is not null and (exists (
        select from rolecall.organization_role_assignments a
         where a.role_urn = 'role:global:' || g.id and a.deleted_at is null)
         or exists (select from rolecall.principal_grants p where p.principal_urn = 'role:global:' || g.id));
    found_all := rolecall.find_unreduced_v2();
    perform rolecall.stream_read_to_v1((page ->> 'begun_at')::timestamptz);
    if not found_all then
      update rolecall.schedules s set due_at = least(s.due_at, moment + interval '250 ms') where s.name = 'pull_events';
    end if;
  else
    update rolecall.schedules s set leased_by = worker, lease_expires_at = moment + interval '30 s'
     where s.name = 'pull_events';
    update rolecall.event_stream e set behind_since = moment where e.behind_since is null and replayed is null;
  end if;
  return jsonb_build_object('fenced', false, 'outcomes', outcomes);
end $$;
comment on function rolecall.record_events_v1(bigint, jsonb) is
  'Keeps a page of events (outbox/core/events.hpp), moves the cursor, applies what concerns no subject and makes '
  'the reducer due for what does. fenced: the pull passed to another worker, or the page is not the next one.';

create or replace function rolecall.keep_events_v1(events jsonb, replayed text) returns bigint
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  told record;
  routed record;
  before bigint := coalesce((select max(i.seq) from rolecall.inbox i), 0);
begin
  if jsonb_array_length(events) = 0 then
    return before;
  end if;
  if replayed is not null then  -- read again by this program: what was not applied may be readable now
    update rolecall.inbox i
       set type = e.type, at = e.at, actor = e.actor, name = e.name, shown = coalesce(e.shown, '{}'), problem = e.problem
      from jsonb_to_recordset(events) as e (
        id text, type text, at text, actor text, family text, organization text, name text, shown jsonb, problem text)
     where i.event_id = e.id and i.family = e.family and i.applied_at is null;
  end if;
  select array_agg(e.id) as ids, array_agg(e.type) as types, array_agg(e.at) as ats, array_agg(coalesce(e.actor, '')) as actors,
         array_agg(e.family) as families, array_agg(nullif(e.organization, '')) as organizations, array_agg(e.name) as names,
         array_agg(coalesce(e.shown, '{}')) as shown, array_agg(e.problem) as problems,
         array_agg(e.organization_id) as organization_ids,
         array_agg(case when e.family = 'member' and e.problem is null
                        then rolecall.member_subject(e.organization_id, e.name) end) as members
    into told
    from (select x.*, g.id as organization_id
            from rows from (jsonb_to_recordset(events) as (
                   id text, type text, at text, actor text, family text, organization text, name text, shown jsonb,
                   problem text)) with ordinality as x (id, type, at, actor, family, organization, name, shown, problem, n)
            left join rolecall.organizations g on g.workos_organization_id = x.organization
           -- a replay brings nothing that the stream did not: the order of what it never showed is not known
           where replayed is null or exists (select from rolecall.inbox i where i.event_id = x.id)
           order by x.n) e;
  begin  -- members whom nobody knew; if an application is entering one just now, all wait for route_members_v1
    if replayed is null then
      perform rolecall.enter_members_v2(told.members, told.organization_ids, told.organizations, told.names);
    end if;
  exception when lock_not_available then
  end;
  with kept as (
    insert into rolecall.inbox (
      event_id, type, at, actor, family, workos_organization_id, name, shown, problem, organization_id, subject)
    select e.id, e.type, e.at, e.actor, e.family, e.organization, e.name, e.shown, e.problem, e.organization_id,
           -- after those of the same member that wait to be told whose they are
           case when e.member is not null and not exists (
                  select from rolecall.inbox w
                   where w.object_key = 'member:' || rolecall.key_part(e.organization) || ':' || rolecall.key_part(e.name)
                     and w.applied_at is null and w.subject is null and w.problem is null offset 0) then (
             select s.subject from rolecall.subjects s where s.subject = e.member) end
      from unnest(told.ids, told.types, told.ats, told.actors, told.families, told.organizations, told.names, told.shown,
                  told.problems, told.organization_ids, told.members) with ordinality as e (
             id, type, at, actor, family, organization, name, shown, problem, organization_id, member, n)
     order by e.n
    on conflict (event_id, family) do nothing
    returning subject, organization_id, object_key)
  select array_agg(k.subject) as subjects, array_agg(k.organization_id) as organizations,
         array_agg(k.object_key) as objects into routed
    from kept k where k.subject is not null;
  if routed.subjects is not null then
    perform rolecall.reduce_soon_v2(routed.subjects, routed.organizations, routed.objects);
  end if;
  delete from rolecall.event_nudges n where n.event_id = any (told.ids);
  perform rolecall.park_unreadable_v1(before);
  return before;
end $$;
comment on function rolecall.keep_events_v1(jsonb, text) is
  'Part of record_events_v1: the rows of the inbox; answers the highest seq of before.';

create or replace function rolecall.park_unreadable_v1(after bigint) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  perform rolecall.park_v1(p.workos_organization_id, p.seq, p.problem)
     from (select distinct on (i.workos_organization_id) i.* from rolecall.inbox i
            where i.seq > park_unreadable_v1.after and i.applied_at is null and i.problem is not null
              and i.organization_id is not null
            order by i.workos_organization_id, i.seq) p;
end $$;
comment on function rolecall.park_unreadable_v1(bigint) is
  'Part of record_events_v1: parks organizations at the first of their events that cannot be applied.';

create or replace function rolecall.move_cursors_v1(page jsonb, first_seq bigint) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  moment timestamptz := clock_timestamp();
begin
  if coalesce(page ->> 'last_id', '') = '' then
    return;
  elsif nullif(page ->> 'organization', '') is not null then
    update rolecall.workos_organization_syncs r set replayed_to = page ->> 'last_id', updated_at = moment
     where r.workos_organization_id = page ->> 'organization';
    return;
  end if;
  insert into rolecall.workos_user_syncs as c (last_event_id, last_event_at)
  values (page ->> 'last_id', page ->> 'last_at')
  on conflict (id) do update
    set last_event_id = excluded.last_event_id, last_event_at = excluded.last_event_at, updated_at = moment;
  insert into rolecall.workos_organization_syncs as r (workos_organization_id, last_event_id)
  select distinct on (i.workos_organization_id) i.workos_organization_id, i.event_id
    from rolecall.inbox i
   where i.seq > first_seq and i.organization_id is not null and i.problem is null
   order by i.workos_organization_id, i.seq desc
  on conflict (workos_organization_id) do update
    set last_event_id = excluded.last_event_id, updated_at = moment where r.parked_at is null;
end $$;
comment on function rolecall.move_cursors_v1(jsonb, bigint) is
  'Part of record_events_v1: the cursor of the stream, and those of organizations that are not parked.';

create or replace function rolecall.find_linked_v1() returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  if not exists (select from rolecall.new_links) then
    return;
  end if;
  with linked as materialized (
    select n.organization_id from rolecall.new_links n for update skip locked),
  gone as (
    delete from rolecall.new_links n using linked l where n.organization_id = l.organization_id)
  update rolecall.inbox i set organization_id = g.id
    from linked l join rolecall.organizations g on g.id = l.organization_id
   where i.workos_organization_id = g.workos_organization_id and i.organization_id is null and i.applied_at is null;
  perform rolecall.park_unreadable_v1(0);  -- nobody could be parked at what could not be read before
end $$;
comment on function rolecall.find_linked_v1() is
  'Part of record_events_v1: events of organizations that were linked since are no longer a stranger''s.';

create or replace function rolecall.stream_read_to_v1(begun_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  visibility interval := (select c.visibility_ms * interval '1 ms' from rolecall.provider_control c);
  announced interval;
begin
  update rolecall.event_stream e set pulled_at = begun_at, failing_since = null, behind_since = null;
  update rolecall.observed o set reduce_due_at = clock_timestamp()
   where o.subject in (
     select x.subject from rolecall.observed x
      where x.pending_read is not null and (x.pending_read ->> 'begun_at')::timestamptz + visibility <= begun_at
      order by x.subject for update skip locked);
  delete from rolecall.event_nudges n where n.nudged_at < clock_timestamp() - interval '60 s';
  -- WorkOS holds an event back for seconds after its webhook: look often, then less so
  announced := clock_timestamp() - (select max(n.nudged_at) from rolecall.event_nudges n);
  update rolecall.schedules s
     set leased_by = null, lease_expires_at = null, last_run_at = clock_timestamp(), last_result = 'ok',
         due_at = clock_timestamp() + least(s.every_ms * interval '1 ms',
           case when announced < interval '10 s' then interval '75 ms' when announced is not null then interval '1 s' end)
   where s.name = 'pull_events';
end $$;
comment on function rolecall.stream_read_to_v1(timestamptz) is
  'Part of record_events_v1: the stream was read to its end by a pull begun then; reads that waited for that go on.';
