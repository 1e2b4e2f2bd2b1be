-- apply_environment_roles_v1: what WorkOS lists as the environment's roles, read after the events that told of a change.
-- Called by:  record_events_v1.
-- Relies on:  global_roles' unique slug; organization_role_assignments_by_role; inbox_direct.
-- Holds:      a role that ended takes its assignments and grants along before anything revives the slug; I9 as apply_direct_v1.
create or replace function rolecall.apply_environment_roles_v1(roles jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set lock_timeout = '50ms' as $$
declare
  e rolecall.inbox;
  listed jsonb;
  became text;
  outcomes jsonb := '[]';
begin
  for e in
    select i.* from rolecall.inbox i
     where i.applied_at is null and i.family = 'environment_role' and i.problem is null order by i.seq limit 1000
  loop
    continue when exists (select from rolecall.inbox x
                           where x.object_key = e.object_key and x.applied_at is null and x.subject is null
                              and x.seq < e.seq);
    select r into listed from jsonb_array_elements(roles) r where r ->> 'slug' = e.name;
    begin
      -- known by its slug alone (sync-roles), its created_at does not tell that the listed one is another
      became := case when listed is null or e.type = 'role.deleted'
                       and rolecall.workos_time(listed ->> 'created_at') >= rolecall.workos_time(e.at) and exists (
                         select from rolecall.global_roles g
                          where g.workos_slug = e.name and g.deleted_at is null and g.workos_created_at is null)
                     then rolecall.end_environment_role_v1(e.name)
                     else rolecall.enter_environment_role_v1(listed, e.event_id) end;
      continue when became = 'wait';
      update rolecall.inbox i set applied_at = clock_timestamp(), outcome = became where i.seq = e.seq;
    exception
      when lock_not_available or deadlock_detected then
        continue;
      when others then
        became := 'parked';
        update rolecall.inbox i set problem = sqlerrm where i.seq = e.seq;
    end;
    outcomes := outcomes || jsonb_build_object('type', e.type, 'outcome', became);
  end loop;
  return outcomes;
end $$;
comment on function rolecall.apply_environment_roles_v1(jsonb) is
  'Part of record_events_v1: applies waiting events about environment roles by what WorkOS lists; answers what became '
  'of each.';

create or replace function rolecall.enter_environment_role_v1(listed jsonb, event_id text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  made_at timestamptz := rolecall.workos_time(listed ->> 'created_at');
  role rolecall.global_roles;
  is_news boolean;
begin
  insert into rolecall.global_roles (workos_slug, name) values (listed ->> 'slug', left(listed ->> 'name', 48))
  on conflict (workos_slug) do nothing returning * into role;
  is_news := role.id is not null;
  if not is_news then
    select * into role from rolecall.global_roles g where g.workos_slug = listed ->> 'slug' for no key update;
    if role.deleted_at is null and role.workos_created_at < made_at then
      -- its end was never shown; whoever holds it holds that one
      perform rolecall.end_environment_role_v1(role.workos_slug);
      return 'wait';
    elsif role.deleted_at is not null and not rolecall.has_no_holders_v1(role) then
      return 'wait';
    end if;
    is_news := role.deleted_at is not null;
  end if;
  update rolecall.global_roles g
     set name = left(listed ->> 'name', 48), description = nullif(left(listed ->> 'description', 150), ''),
         workos_created_at = made_at, workos_updated_at = rolecall.workos_time(listed ->> 'updated_at'),
         workos_last_event_id = enter_environment_role_v1.event_id, deleted_at = null, updated_at = clock_timestamp()
   where g.id = role.id;
  if is_news then
    perform rolecall.audit(null, null, null, 'environment_role_entered', null, jsonb_build_object(
      'event', event_id, 'slug', role.workos_slug));
    update rolecall.observed o set reduce_due_at = clock_timestamp()
     where o.subject in (
       select x.subject from rolecall.observed x where x.unresolved ? role.workos_slug order by x.subject for update);
  end if;
  return 'applied';
end $$;
comment on function rolecall.enter_environment_role_v1(jsonb, text) is
  'Part of apply_environment_roles_v1: a listed role is made known, renamed, or revived once nobody holds what it was.';

create or replace function rolecall.end_environment_role_v1(slug text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  role rolecall.global_roles;
begin
  select * into role from rolecall.global_roles g where g.workos_slug = end_environment_role_v1.slug for no key update;
  if role.id is null then
    return 'unknown_role';
  elsif role.deleted_at is null then
    update rolecall.global_roles g set deleted_at = clock_timestamp(), updated_at = clock_timestamp() where g.id = role.id;
    perform rolecall.audit(null, null, null, 'environment_role_ended', null, jsonb_build_object('slug', role.workos_slug));
  end if;
  perform rolecall.has_no_holders_v1(role);
  return 'applied';
end $$;
comment on function rolecall.end_environment_role_v1(text) is
  'Part of apply_environment_roles_v1: the role is a tombstone, and those who held it are told.';

create or replace function rolecall.has_no_holders_v1(role rolecall.global_roles) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  part rolecall.organization_roles;
  urn text := 'role:global:' || role.id;
  rounds int := 0;
begin
  part.subject := urn;
  part.organization_id := '';
  loop
    rounds := rounds + 1;
    part.organization_id := (
      select a.organization_id from rolecall.organization_role_assignments a
       where a.role_urn = urn and a.deleted_at is null and a.organization_id > part.organization_id
       order by a.organization_id limit 1);
    exit when part.organization_id is null or rounds > 200;
    perform rolecall.retire_holders(part, 'role_gone');
  end loop;
  delete from rolecall.principal_grants g where g.id in (
    select x.id from rolecall.principal_grants x where x.principal_urn = urn limit 10000);
  return not exists (select from rolecall.organization_role_assignments a where a.role_urn = urn and a.deleted_at is null)
     and not exists (select from rolecall.principal_grants g where g.principal_urn = urn);
end $$;
comment on function rolecall.has_no_holders_v1(rolecall.global_roles) is
  'Takes an ended environment role from its holders, 200 organizations at a time, and its grants; true: nothing is left.';
