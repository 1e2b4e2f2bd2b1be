-- route_roles_v1: whose fact is an event about an organization's role? A slug that was deleted and made again is two.
-- Called by:  record_events_v1; reduce_apply_v2 for what waited for the event before it.
-- Relies on:  inbox_unrouted, inbox_by_object, inbox_by_subject; organization_roles_by_organization, observed_pkey.
-- Holds:      C11: each incarnation (created_at) has a row of its own, and nobody inherits; events of one slug are
--             applied in order.
create or replace function rolecall.route_roles_v1(lim int, only_key text default null) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set lock_timeout = '50ms' as $$
declare
  -- planned apart: with only_key as a condition that may be none, all that waits would be read for one slug
  waiting bigint[] := case when only_key is null then array(
      select y.seq from (  -- offset 0: what waits is sorted, and the inbox not read along its key
        select x.seq from rolecall.inbox x
         where x.applied_at is null and x.subject is null and x.organization_id is not null
           and x.family in ('role', 'permissions') and x.problem is null
           -- permissions whose role waits to be reduced wait as well, and must not hide what comes after them
           and (x.family = 'permissions' and (
             select true from rolecall.inbox r
              where r.event_id = x.event_id and r.family = 'role' and r.subject is not null and r.applied_at is null))
             is not true offset 0) y
       order by y.seq limit lim)
    else array(
      select x.seq from rolecall.inbox x
       where x.object_key = only_key and x.applied_at is null and x.subject is null and x.organization_id is not null
         and x.family in ('role', 'permissions') and x.problem is null
       order by x.seq limit lim) end;
  e rolecall.inbox;
  target text;
  busy int := 0;  -- roles that somebody makes in this moment: a page ends well within the statement's time
  outcomes jsonb := '[]';
begin
  for e in
    select i.* from rolecall.inbox i where i.seq = any (waiting) order by i.seq
  loop
    continue when exists (  -- another incarnation's events are still to be applied, or wait themselves
      select from rolecall.inbox x
       where x.object_key = e.object_key and x.applied_at is null and x.family <> 'member' and x.seq <> e.seq
         and (x.subject is null and x.seq < e.seq
              or x.subject is not null and x.shown ->> 'incarnation' is distinct from e.shown ->> 'incarnation'));
    exit when busy >= 20;
    begin
      target := case e.family when 'role' then rolecall.role_of_event_v1(e) else rolecall.permissions_of_event_v1(e) end;
    exception when lock_not_available then
      busy := busy + 1;
      continue;
    end;
    if target like 'role%:%' then
      update rolecall.inbox i set subject = target where i.seq = e.seq;
      insert into rolecall.observed as o (subject, organization_id, object_key, reduce_due_at)
      values (target, e.organization_id, e.object_key, clock_timestamp())
      on conflict (subject) do update set reduce_due_at = excluded.reduce_due_at;
    elsif target <> 'wait' then
      update rolecall.inbox i set applied_at = clock_timestamp(), outcome = target where i.seq = e.seq;
      outcomes := outcomes || jsonb_build_object('type', e.type, 'outcome', target);
    end if;
  end loop;
  return outcomes;
end $$;
comment on function rolecall.route_roles_v1(int, text) is
  'Part of record_events_v1: gives waiting events about roles (only_key: of one slug) their subjects; answers what '
  'became of those that are nobody''s.';

create or replace function rolecall.role_of_event_v1(e rolecall.inbox) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  made_at timestamptz := rolecall.workos_time(e.shown ->> 'created_at');
  live rolecall.organization_roles;
  former text;
  known rolecall.observed;
  bound text;
begin
  select r.subject into bound from rolecall.organization_roles r join rolecall.observed o on o.subject = r.subject
   where r.organization_id = e.organization_id and r.workos_slug = e.name
     and (e.shown ->> 'created_at' in (o.incarnation, o.dead_incarnation_at) or exists (  -- made by a POST of ours
       select from rolecall.sends d
        where d.subject = r.subject and d.operation = 'create' and d.answer ->> 'incarnation' = e.shown ->> 'incarnation')
       or exists (  -- its first event is this role's, and was not applied yet
       select from rolecall.inbox i
        where i.subject = r.subject and i.applied_at is null and i.shown ->> 'incarnation' = e.shown ->> 'incarnation'))
   order by r.deleted_at is null desc, r.created_at desc limit 1;
  if bound is not null then
    return bound;
  end if;
  -- a removal of ours is on its way, and names the slug: no heir of its role is made before its end, so what has the
  -- slug until then is what goes. And what a POST of ours made belongs to the role that it was made for
  select r.subject into former
    from rolecall.organization_roles r
    join rolecall.subjects s on s.subject = r.subject
    left join rolecall.observed o on o.subject = r.subject
   where r.organization_id = e.organization_id and r.workos_slug = e.name and r.deleted_at is not null
     and (e.type not like '%.deleted' or o.incarnation is null)
     and ((s.touched ->> '*')::bigint > coalesce(o.echoed_version, 0) or exists (
       select from rolecall.sends d
        where d.subject = r.subject and d.operation = 'create' and d.state = 'open'
          and made_at < d.leased_at + (select c.send_window_ms * interval '1 ms' from rolecall.provider_control c)
          and d.value ->> 'name' = e.shown #>> '{value,name}'
          and nullif(d.value ->> 'description', '') is not distinct from nullif(e.shown #>> '{value,description}', '')))
   order by r.created_at limit 1;
  if former is not null then
    return former;
  end if;
  select * into live from rolecall.organization_roles r
   where r.organization_id = e.organization_id and r.workos_slug = e.name and r.deleted_at is null;
  if live.subject is not null and not exists (select from rolecall.subjects s where s.subject = live.subject) then
    return 'wait';  -- here, and without a version yet: rolecall adopt gives it one
  end if;
  select * into known from rolecall.observed o where o.subject = live.subject;
  if e.type like '%.deleted' then
    return case when live.subject is not null and known.incarnation is null then live.subject else 'unknown_role' end;
  elsif live.subject is not null and known.incarnation is not null
      and rolecall.workos_time(known.incarnation_created_at) < made_at then
    -- Its end was never shown. Whoever holds it holds that one, so it ends first.
    insert into rolecall.inbox (event_id, type, at, actor, family, workos_organization_id, name, shown, organization_id, subject)
    values (e.event_id || ':end', 'organization_role.deleted', e.at, e.actor, e.family, e.workos_organization_id, e.name,
            jsonb_build_object('incarnation', known.incarnation, 'created_at', known.incarnation_created_at,
                               'updated_at', e.shown -> 'created_at'), e.organization_id, live.subject)
    on conflict (event_id, family) do nothing;
    update rolecall.observed o set reduce_due_at = clock_timestamp() where o.subject = live.subject;
    return 'wait';
  elsif live.subject is not null then
    return live.subject;
  end if;
  if exists (
      select from rolecall.organization_roles r join rolecall.observed o on o.subject = r.subject
       where r.organization_id = e.organization_id and r.workos_slug = e.name
         and rolecall.workos_time(o.dead_incarnation_at) >= made_at) then
    return 'stale_incarnation';
  elsif e.name !~ '^org-[a-z0-9_-]{1,44}$' then
    return 'unknown_role';  -- not a role of an organization, whatever the event is called
  end if;
  return rolecall.enter_role_v1(e, made_at);
end $$;
comment on function rolecall.role_of_event_v1(rolecall.inbox) is
  'Part of route_roles_v1: the subject; wait; or what becomes of an event that is nobody''s.';

create or replace function rolecall.enter_role_v1(e rolecall.inbox, made_at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  shown jsonb := e.shown -> 'value';
  entered rolecall.organization_roles;
begin
  insert into rolecall.organization_roles as r (organization_id, workos_slug, name, description, workos_created_at)
  values (e.organization_id, e.name, coalesce(nullif(left(shown ->> 'name', 48), ''), e.name),
          nullif(left(shown ->> 'description', 150), ''), made_at)
  on conflict (organization_id, workos_slug) where deleted_at is null do nothing
  returning * into entered;
  if entered.subject is null then
    return 'wait';  -- made here in this moment
  end if;
  insert into rolecall.subjects (subject, organization_id, object_key, version, kind, desired)
  values (entered.subject, e.organization_id, e.object_key, 1, 'role.push', shown);
  perform rolecall.audit(e.organization_id, entered.subject, 1, 'role_entered', null,
    jsonb_build_object('event', e.event_id, 'slug', e.name));
  -- members who were seen with the slug hold it, if they were seen since it was made
  update rolecall.observed o set reduce_due_at = clock_timestamp()
   where o.subject in (
     select x.subject from rolecall.observed x
      where x.organization_id = e.organization_id and x.unresolved ? e.name order by x.subject for update);
  return entered.subject;
end $$;
comment on function rolecall.enter_role_v1(rolecall.inbox, timestamptz) is
  'Part of route_roles_v1: a role that was made at WorkOS becomes a row and a subject here.';

create or replace function rolecall.permissions_of_event_v1(e rolecall.inbox) returns text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  role rolecall.organization_roles;
begin
  if exists (select from rolecall.inbox i
              where i.event_id = e.event_id and i.family = 'role' and i.applied_at is null) then
    return 'wait';  -- which role it is shows once that is applied
  elsif exists (  -- a replay could read it, when newer ones of the role were here already: they say it all
      select from rolecall.inbox i
        join rolecall.inbox newer on newer.workos_organization_id = e.workos_organization_id
         and newer.seq > i.seq and newer.seq < e.seq
       where i.event_id = e.event_id and i.family = 'role' and newer.object_key = e.object_key) then
    return 'stale';
  end if;
  select r.* into role from rolecall.organization_roles r join rolecall.observed o on o.subject = r.subject
   where r.organization_id = e.organization_id and r.workos_slug = e.name and r.deleted_at is null
     and o.incarnation = e.shown ->> 'incarnation';
  if role.subject is null then
    return 'stale_incarnation';
  end if;
  return case when exists (select from rolecall.subjects s where s.subject = role.permissions_subject)
              then role.permissions_subject else 'unmanaged' end;
end $$;
comment on function rolecall.permissions_of_event_v1(rolecall.inbox) is
  'Part of route_roles_v1: the subject; wait; or what becomes of an event that is nobody''s.';
