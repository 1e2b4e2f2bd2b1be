-- apply_findings_v1 and its parts: what was found to differ is handed to whoever decides, or entered, or said.
-- Called by:  PgReconcileStore::apply.
-- Relies on:  record_read_v1 (the reducer decides), enter_role_v1, enter_environment_role_v1; bump, publish, say_role,
--             say_permissions, member_documents; subjects_pkey, observed_pkey.
-- Holds:      one decision maker: a difference is an observation, and the discard rule counts. Each thing by itself, and
--             what an application holds for 50 ms is left (I9). What is said is an outbox row (I1), under the guard.
create or replace function rolecall.apply_findings_v1(organization_id text, pass bigint, repairs jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set lock_timeout = '50ms' as $$
#variable_conflict use_column
declare
  org rolecall.organizations;
  repair jsonb;
  became text;
  outcomes jsonb := '[]';
begin
  if not rolecall.reconcile_lives_v1(apply_findings_v1.organization_id, apply_findings_v1.pass) then
    return '{"fenced": true}';
  end if;
  select * into org from rolecall.organizations g where g.id = apply_findings_v1.organization_id;
  perform rolecall.wake_workers();
  for repair in select r from jsonb_array_elements(repairs) r loop
    begin
      became := rolecall.apply_finding_v1(org, repair);
    exception
      when lock_not_available or deadlock_detected or serialization_failure then
        became := 'busy';
      when others then
        became := 'refused: ' || left(sqlerrm, 500);
    end;
    update rolecall.reconcile_findings f set applied_at = clock_timestamp(), applied = became
     where f.organization_id = org.id and f.subject = repair ->> 'finding';
    outcomes := outcomes || jsonb_build_object('subject', repair -> 'finding', 'outcome', became);
  end loop;
  return jsonb_build_object('fenced', false, 'outcomes', outcomes);
end $$;
comment on function rolecall.apply_findings_v1(text, bigint, jsonb) is
  'Begins repairs; answers what became of each: handed over (the reducer decides), said, busy, moved, or refused and why.';

create or replace function rolecall.apply_finding_v1(org rolecall.organizations, repair jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  key text := nullif(repair ->> 'subject', '');
  noted bigint := (repair ->> 'noted_version')::bigint;
  listed jsonb;
begin
  for listed in select r from jsonb_array_elements(coalesce(repair -> 'roles', '[]')) r loop
    if rolecall.enter_environment_role_v1(listed, null) = 'wait' then
      return 'busy';
    end if;
  end loop;
  case repair ->> 'step'
    when 'say' then return rolecall.say_mirror_v1(org, key, repair);
    when 'say_again' then return rolecall.say_again_v1(key, noted, (repair ->> 'priority')::int);
    when 'enter' then
      key := case repair ->> 'family' when 'member' then rolecall.enter_found_member_v1(org, repair)
                                      else rolecall.enter_found_role_v1(org, repair) end;
      if key is null then
        return 'busy';
      elsif key not like '%:%' then
        return key;
      end if;
      noted := (select s.version from rolecall.subjects s where s.subject = key);
    else null;
  end case;
  insert into rolecall.observed (subject, organization_id, object_key)
  select s.subject, s.organization_id, s.object_key from rolecall.subjects s where s.subject = key
  on conflict (subject) do nothing;
  return case when rolecall.record_read_v1(jsonb_build_object(
      'subject', key, 'noted_version', noted, 'noted_send', repair -> 'noted_send',
      'begun_at', repair -> 'begun_at', 'shown', repair -> 'shown')) then 'handed over' else 'moved' end;
end $$;
comment on function rolecall.apply_finding_v1(rolecall.organizations, jsonb) is 'Part of apply_findings_v1: one of them.';

create or replace function rolecall.enter_found_member_v1(org rolecall.organizations, repair jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  person text := repair ->> 'name';
  key text := rolecall.member_subject(org.id, person);
begin
  insert into rolecall.organization_memberships (organization_id, workos_user_id, user_id, deleted_at)
  values (org.id, person, (select u.id from rolecall.users u where u.workos_user_id = person), clock_timestamp())
  on conflict (organization_id, workos_user_id) do nothing;
  insert into rolecall.subjects (subject, organization_id, object_key, version, kind, desired)
  values (key, org.id, repair ->> 'object_key', 1, 'member.remove',
          jsonb_build_object('organization', org.workos_organization_id, 'user', person))
  on conflict (subject) do nothing;
  return key;
end $$;
comment on function rolecall.enter_found_member_v1(rolecall.organizations, jsonb) is
  'Part of apply_finding_v1: somebody whom WorkOS shows gets a row, as no member yet; what is there makes them one.';

create or replace function rolecall.enter_found_role_v1(org rolecall.organizations, repair jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  told rolecall.inbox;
  entered text;
begin
  if repair ->> 'name' !~ '^org-[a-z0-9_-]{1,44}$' then
    return 'refused';  -- not a role of an organization, whatever the list says
  end if;
  told.organization_id := org.id;
  told.name := repair ->> 'name';
  told.object_key := repair ->> 'object_key';
  told.shown := repair -> 'shown';
  entered := rolecall.enter_role_v1(told, rolecall.workos_time(repair #>> '{shown,created_at}'));
  return nullif(entered, 'wait');
end $$;
comment on function rolecall.enter_found_role_v1(rolecall.organizations, jsonb) is
  'Part of apply_finding_v1: a role that WorkOS lists becomes a row and a subject here; null: somebody makes it now.';

create or replace function rolecall.say_again_v1(subject text, noted bigint, priority int) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  s rolecall.subjects;
begin
  select x.* into s from rolecall.subjects x where x.subject = say_again_v1.subject for update;
  if s.version is distinct from noted then
    return 'moved';
  end if;
  update rolecall.subjects x set version = x.version + 1 where x.subject = s.subject;
  perform rolecall.publish(s.subject, s.organization_id, s.kind, s.desired,
    coalesce((select l.waits_for from rolecall.lanes l where l.subject = s.subject), '{}'), priority,
    rolecall.actor(), 'reconcile: lost_write', false);
  perform rolecall.audit(s.organization_id, s.subject, s.version + 1, 'said_again', 'reconcile', '{"class": "lost_write"}');
  return 'said';
end $$;
comment on function rolecall.say_again_v1(text, bigint, int) is
  'Part of apply_finding_v1: WorkOS fell back behind what it had confirmed; the newest is said as a version of its own.';

create or replace function rolecall.say_mirror_v1(org rolecall.organizations, subject text, repair jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  member rolecall.organization_memberships;
  role rolecall.organization_roles;
  said jsonb;
begin
  perform set_config('rolecall.guard', 'on', true);
  perform set_config('app.reason', 'reconcile: unsaid', true);
  select m.* into member from rolecall.organization_memberships m where m.subject = say_mirror_v1.subject for no key update;
  select r.* into role from rolecall.organization_roles r
   where say_mirror_v1.subject in (r.subject, r.permissions_subject) for no key update;
  if coalesce((select s.version from rolecall.subjects s where s.subject = say_mirror_v1.subject for update), 0)
      <> (repair ->> 'noted_version')::bigint then
    return 'moved';
  elsif member.subject is not null then
    said := rolecall.say_member_mirror_v1(org, member, repair);
  elsif role.permissions_subject = say_mirror_v1.subject then
    perform rolecall.bump(role.permissions_subject, org.id, 'role.permissions', '{}');
    perform rolecall.say_permissions(org, role);
  elsif role.deleted_at is null then
    perform rolecall.bump(role.subject, org.id, 'role.push', '{}');
    perform rolecall.say_role(org, role);
  else
    perform rolecall.end_role_by_hand_v1(org, role);
  end if;
  perform rolecall.audit(org.id, say_mirror_v1.subject, (select s.version from rolecall.subjects s
    where s.subject = say_mirror_v1.subject), 'said_by_hand', 'reconcile', jsonb_build_object('class', 'unsaid', 'said', said));
  return 'said';
end $$;
comment on function rolecall.say_mirror_v1(rolecall.organizations, text, jsonb) is
  'Part of apply_finding_v1: the tables were changed around the functions; what they say becomes a version. The '
  'mass-revoke guard holds it when it would revoke too much.';

create or replace function rolecall.say_member_mirror_v1(
  org rolecall.organizations, member rolecall.organization_memberships, repair jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  document record;
  keeps_all boolean;
begin
  if member.deleted_at is not null then
    perform rolecall.bump(member.subject, org.id, 'member.remove', '{}');
    perform rolecall.give_roles(member, '{}');
    perform rolecall.publish(member.subject, org.id, 'member.remove',
      jsonb_build_object('organization', org.workos_organization_id, 'user', member.workos_user_id),
      '{}', 0, rolecall.actor(), rolecall.request_reason(), true);
    return 'null';
  end if;
  perform rolecall.bump(member.subject, org.id, 'member.push', '{}');
  if not exists (select from rolecall.roles_of(org.id, member.workos_user_id)) then  -- WorkOS has no member without one
    perform rolecall.give_roles(member, array[rolecall.default_role(org.id)]);
  end if;
  select * into strict document from rolecall.member_documents(org.id, array[member.workos_user_id], true);
  keeps_all := coalesce(repair #> '{shown,value,roles}', '[]') <@ (document.desired -> 'roles');
  perform rolecall.publish(member.subject, org.id, 'member.push', document.desired, document.waits,
    case when keeps_all then 2 else 0 end, rolecall.actor(), rolecall.request_reason(), true);
  return document.desired -> 'roles';
end $$;
comment on function rolecall.say_member_mirror_v1(rolecall.organizations, rolecall.organization_memberships, jsonb) is
  'Part of say_mirror_v1: a member; what takes access away at WorkOS goes first.';

create or replace function rolecall.end_role_by_hand_v1(org rolecall.organizations, role rolecall.organization_roles) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  outbox_id bigint;
begin
  perform rolecall.retire_holders(role, 'reconcile');
  perform rolecall.bump(role.subject, org.id, 'role.remove', '{}');
  outbox_id := nextval('rolecall.outbox_id_seq');
  perform rolecall.publish(role.subject, org.id, 'role.remove',
    jsonb_build_object('organization', org.workos_organization_id, 'slug', role.workos_slug),
    ('member:' || rolecall.key_part(org.id) || ':*', outbox_id)::rolecall.wait || rolecall.role_waits(role),
    1, rolecall.actor(), rolecall.request_reason(), true, outbox_id);
end $$;
comment on function rolecall.end_role_by_hand_v1(rolecall.organizations, rolecall.organization_roles) is
  'Part of say_mirror_v1: a role whose row was ended by hand; its holders first.';
