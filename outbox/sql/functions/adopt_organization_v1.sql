-- adopt_organization_v1 and its parts: one transaction makes what an attempt decided about an organization true.
-- Called by:  AdoptionStore::finish (worker/app/adopt/adoption_store.cpp).
-- Relies on:  adoption_things_pkey; adopt_thing_v1, adopt_say_v1; upsert_organization, upsert_user,
--             enter_environment_role_v1.
-- Holds:      an organization is adopted whole or not at all; locks are taken roles first, then members, sorted; the
--             mass-revoke guard weighs what is said against all that the organization holds, so bases come first.
create or replace function rolecall.adopt_organization_v1(organization_id text, attempt bigint, workos text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set lock_timeout = '10s' as $$
#variable_conflict use_column
declare
  org rolecall.organizations;
  policy text;
  t rolecall.adoption_things;
  counted jsonb;
begin
  if not rolecall.adopt_lives_v1(adopt_organization_v1.organization_id, adopt_organization_v1.attempt) then
    return '{"fenced": true}';
  end if;
  policy := (select r.policy from rolecall.adoptions a join rolecall.adoption_runs r on r.number = a.run
              where a.organization_id = adopt_organization_v1.organization_id);
  perform set_config('rolecall.guard', 'on', true);
  perform set_config('app.reason', 'adopt: ' || policy, true);
  select * into org from rolecall.organizations g where g.id = adopt_organization_v1.organization_id;
  if org.workos_organization_id is distinct from workos then
    org := rolecall.upsert_organization(org.id, org.name, workos);
  end if;
  for t in
    select x.* from rolecall.adoption_things x where x.organization_id = org.id
     order by case x.family when 'environment_role' then 0 when 'role' then 1 when 'permissions' then 2
                            when 'user' then 3 else 4 end, x.name
  loop
    update rolecall.adoption_things x set outcome = rolecall.adopt_thing_v1(org, t)
     where x.organization_id = org.id and x.family = t.family and x.name = t.name;
  end loop;
  for t in
    select x.* from rolecall.adoption_things x where x.organization_id = org.id and x.outcome = 'said'
     order by case x.family when 'role' then 1 when 'permissions' then 2 else 3 end, x.name
  loop
    perform rolecall.adopt_say_v1(org, t);
  end loop;
  select coalesce(jsonb_object_agg(c.outcome, c.n), '{}') into counted
    from (select x.outcome, count(*) as n from rolecall.adoption_things x
           where x.organization_id = org.id group by x.outcome) c;
  delete from rolecall.adoption_things x where x.organization_id = org.id;
  update rolecall.adoptions a set state = 'done', done_at = clock_timestamp(), counts = counted
   where a.organization_id = org.id;
  perform rolecall.audit(org.id, null, null, 'adopted_organization', 'adopt: ' || policy, counted);
  perform rolecall.wake_workers();
  return jsonb_build_object('fenced', false, 'outcomes', counted, 'held', (
    select count(*) from rolecall.guard_holds h
     where h.transaction = pg_current_xact_id() and h.organization_id = org.id and h.held));
end $$;
comment on function rolecall.adopt_organization_v1(text, bigint, text) is
  'Links the organization and its users, gives what both sides hold its first version, and says what this side wins. '
  'outcomes: how many became linked (users), known (environment roles), agreed, taken (WorkOS''s side, by the reducer), '
  'entered, said, or moved (changed meanwhile: left alone). held: by the mass-revoke guard. fenced: a newer attempt has begun.';

create or replace function rolecall.adopt_thing_v1(org rolecall.organizations, t rolecall.adoption_things) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  key text;
  here jsonb;
  there constant jsonb := nullif(t.thing #> '{shown,value}', 'null');
  ours constant boolean := t.thing ->> 'side' = 'local';
begin
  if t.family = 'environment_role' then
    return case rolecall.enter_environment_role_v1(t.thing -> 'role', null) when 'wait' then 'moved' else 'known' end;
  elsif t.family = 'user' then
    return rolecall.adopt_user_v1(t.thing ->> 'user', t.name);
  end if;
  key := rolecall.adopt_subject_v1(org, t.family, t.name);
  if t.family = 'member' then
    perform from rolecall.organization_memberships m where m.subject = key for no key update;
  else
    perform from rolecall.organization_roles r where key in (r.subject, r.permissions_subject) for no key update;
  end if;
  here := case when key is not null then rolecall.adopt_mirror_v1(org, key, t.family) end;
  if here is distinct from nullif(t.thing -> 'here', 'null')
      or exists (select from rolecall.subjects s where s.subject = key) then
    return 'moved';
  elsif here is null and there is null then
    return 'agreed';
  elsif here is null and t.family = 'role' then
    return rolecall.adopt_role_there_v1(org, t);
  elsif here is null then
    return rolecall.adopt_member_there_v1(org, t, key);
  elsif there is not null and t.family <> 'member' then
    update rolecall.organization_roles r set workos_created_at = rolecall.workos_time(t.thing #>> '{shown,created_at}')
     where r.subject = key and r.workos_created_at is null;
  end if;
  if t.thing ->> 'side' = 'both' then
    perform rolecall.adopt_base_v1(org, key, here, t, null);
    return 'agreed';
  elsif not ours then
    -- the base is what is here, so that the guard sees what the reducer takes away; what is gone there was there
    perform rolecall.adopt_base_v1(org, key, here, t, case when there is null then here end);
    return 'taken';
  elsif there is not null then
    perform rolecall.adopt_base_v1(org, key, there, t, there);
  end if;
  return 'said';
end $$;
comment on function rolecall.adopt_thing_v1(rolecall.organizations, rolecall.adoption_things) is
  'Part of adopt_organization_v1: the first version of one thing; said: adopt_say_v1 adds this side''s.';

create or replace function rolecall.adopt_user_v1(user_id text, workos_user_id text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  person rolecall.users;
begin
  select * into person from rolecall.users u where u.id = adopt_user_v1.user_id for no key update;
  if person.id is null or person.deleted_at is not null or person.workos_user_id is not null or exists (
      select from rolecall.users u where u.workos_user_id = adopt_user_v1.workos_user_id) then
    return case when person.workos_user_id = adopt_user_v1.workos_user_id then 'linked' else 'moved' end;
  end if;
  perform rolecall.upsert_user(person.id, person.email, adopt_user_v1.workos_user_id);
  return 'linked';
end $$;
comment on function rolecall.adopt_user_v1(text, text) is
  'Part of adopt_thing_v1: links a person to a WorkOS user, unless one of both was linked meanwhile.';

create or replace function rolecall.adopt_role_there_v1(org rolecall.organizations, t rolecall.adoption_things) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  key text := rolecall.enter_found_role_v1(org, t.thing || jsonb_build_object(
    'object_key', 'role:' || rolecall.key_part(org.workos_organization_id) || ':' || rolecall.key_part(t.name)));
begin
  if key is null or key not like '%:%' then
    return 'moved';
  end if;
  perform rolecall.adopt_base_v1(org, key, t.thing #> '{shown,value}', t, null);
  return 'entered';
end $$;
comment on function rolecall.adopt_role_there_v1(rolecall.organizations, rolecall.adoption_things) is
  'Part of adopt_thing_v1: a role that only WorkOS has becomes known here, whatever the policy.';

create or replace function rolecall.adopt_member_there_v1(
  org rolecall.organizations, t rolecall.adoption_things, key text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  there constant jsonb := t.thing #> '{shown,value}';
  ours constant boolean := t.thing ->> 'side' = 'local';
  member rolecall.organization_memberships;
  urns text[];
begin
  select array_agg(r.role_urn) into urns
    from rolecall.resolve_slugs(org.id, t.name, array(select jsonb_array_elements_text(there -> 'roles')),
                                rolecall.workos_time(t.thing #>> '{shown,updated_at}')) r;
  if not ours and (urns is null or array_position(urns, null) is not null) then
    -- a role that nobody here knows: the reducer keeps what it cannot resolve yet
    key := rolecall.enter_found_member_v1(org, jsonb_build_object('name', t.name, 'object_key',
      'member:' || rolecall.key_part(org.workos_organization_id) || ':' || rolecall.key_part(t.name)));
    insert into rolecall.observed (subject, organization_id, object_key, pending_read, reduce_due_at)
    select s.subject, org.id, s.object_key, rolecall.adopt_read_v1(t), clock_timestamp()
      from rolecall.subjects s where s.subject = key;
    return 'entered';
  end if;
  insert into rolecall.organization_memberships as m (organization_id, workos_user_id, user_id, status, deleted_at)
  values (org.id, t.name, (select u.id from rolecall.users u where u.workos_user_id = t.name),
          coalesce(nullif(t.thing #>> '{shown,status}', ''), 'active'), case when ours then clock_timestamp() end)
  on conflict (organization_id, workos_user_id) do update
    set deleted_at = excluded.deleted_at, user_id = coalesce(m.user_id, excluded.user_id), updated_at = clock_timestamp()
  returning * into member;
  if not ours then
    perform rolecall.give_roles(member, urns);
  end if;
  perform rolecall.adopt_base_v1(org, key, there, t, case when ours then there end);
  return case when ours then 'said' else 'entered' end;
end $$;
comment on function rolecall.adopt_member_there_v1(rolecall.organizations, rolecall.adoption_things, text) is
  'Part of adopt_thing_v1: somebody whom only WorkOS has becomes a member here; or, where this side wins, is known as one '
  'who is no member, so that adopt_say_v1 ends it there.';

create or replace function rolecall.adopt_read_v1(t rolecall.adoption_things) returns jsonb
language sql immutable set search_path = pg_catalog, rolecall, pg_temp as $$
  select jsonb_build_object('begun_at', t.thing -> 'begun_at', 'shown', coalesce(t.thing -> 'shown', '{}'), 'noted_send', 0)
$$;
comment on function rolecall.adopt_read_v1(rolecall.adoption_things) is
  'Part of adopt_base_v1: what was listed, as a read that waits for the reducer.';

create or replace function rolecall.adopt_base_v1(
  org rolecall.organizations, key text, base jsonb, t rolecall.adoption_things, seen jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  kind constant text := case t.family when 'member' then 'member.push' when 'role' then 'role.push' else 'role.permissions' end;
  shown constant jsonb := t.thing -> 'shown';
  ours constant boolean := t.thing ->> 'side' = 'local';  -- and WorkOS has it: what it shows is the base
  entry bigint := nextval('rolecall.outbox_id_seq');
  moment timestamptz := clock_timestamp();
begin
  insert into rolecall.subjects (subject, organization_id, object_key, version, kind, desired)
  values (key, org.id, rolecall.object_key(key, kind, base), 1, kind, base)
  on conflict (subject) do nothing;  -- enter_role_v1 made it
  insert into rolecall.outbox_history (id, organization_id, subject, version, kind, desired, waits_for, priority,
    enqueued_at, enqueued_by, reason)
  values (entry, org.id, key, 1, kind, base, '{}', 2, moment, rolecall.actor(), rolecall.request_reason());
  insert into rolecall.lanes (subject, organization_id, kind, priority, state, ended, wanted_version, wanted_id,
    owed_since_id, delivered_version, enqueued_at, desired, next_attempt_at)
  values (key, org.id, kind, 2, 'idle', 'observed', 1, entry, entry, 1, moment, base, moment);
  insert into rolecall.observed (subject, organization_id, object_key, looked, seen, seen_source, incarnation,
    incarnation_created_at, seen_at, seen_status, directory_managed, echoed_version, confirmed_version, confirmed_at,
    pending_read, reduce_due_at)
  select key, org.id, rolecall.object_key(key, kind, base), seen is not null, seen, case when seen is not null then 'read' end,
         case when seen is null then null when ours then shown ->> 'incarnation' else m.workos_membership_id end,
         case when ours and seen is not null then shown ->> 'created_at' end,
         case when ours and seen is not null then shown ->> 'updated_at' end,
         case when seen is null then null when ours then nullif(shown ->> 'status', '') else m.status end,
         ours and coalesce((shown ->> 'directory_managed')::boolean, false),
         case when ours then 1 else 0 end, case when ours then 1 else 0 end, case when ours then moment end,
         case when not ours or seen is null then rolecall.adopt_read_v1(t) end,
         case when not ours or seen is null then moment end
    from (select) one left join rolecall.organization_memberships m on m.subject = key;
  if ours and seen is not null then
    insert into rolecall.confirmations (subject, version, organization_id, effective_at, source)
    values (key, 1, org.id, shown ->> 'updated_at', 'read');
  end if;
  perform rolecall.audit(org.id, key, 1, 'adopted_base', rolecall.request_reason(), jsonb_build_object(
    'side', t.thing ->> 'side', 'here', t.thing -> 'here', 'there', shown -> 'value', 'why', t.thing ->> 'why'));
end $$;
comment on function rolecall.adopt_base_v1(rolecall.organizations, text, jsonb, rolecall.adoption_things, jsonb) is
  'Part of adopt_thing_v1: version 1, which nothing has to be said for. seen: WorkOS counts as having shown it; null: '
  'what was listed is a read that the reducer compares with it.';

create or replace function rolecall.adopt_say_v1(org rolecall.organizations, t rolecall.adoption_things) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  key constant text := rolecall.adopt_subject_v1(org, t.family, t.name);
  member rolecall.organization_memberships;
  role rolecall.organization_roles;
begin
  if t.family = 'member' then
    select m.* into member from rolecall.organization_memberships m where m.subject = key;
    perform rolecall.say_member_mirror_v1(org, member, t.thing);
  else
    select r.* into role from rolecall.organization_roles r where key in (r.subject, r.permissions_subject);
    if t.family = 'role' then
      perform rolecall.bump(role.subject, org.id, 'role.push', '{}');
      perform rolecall.say_role(org, role);
    end if;
    if t.family = 'permissions' or role.permissions is not null and nullif(t.thing #> '{shown,value}', 'null') is null then
      perform rolecall.bump(role.permissions_subject, org.id, 'role.permissions', '{}');
      perform rolecall.say_permissions(org, role);
    end if;
  end if;
  perform rolecall.audit(org.id, key, (select s.version from rolecall.subjects s where s.subject = key), 'adopted_here',
    rolecall.request_reason(), jsonb_build_object('here', t.thing -> 'here', 'there', t.thing #> '{shown,value}',
                                                  'why', t.thing ->> 'why'));
end $$;
comment on function rolecall.adopt_say_v1(rolecall.organizations, rolecall.adoption_things) is
  'Part of adopt_organization_v1: what is here becomes a version and an outbox row; a role that WorkOS lacks takes its '
  'permissions along.';
