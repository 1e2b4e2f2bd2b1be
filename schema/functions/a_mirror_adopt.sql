-- settle_unresolved, mirror_adopt_members, mirror_adopt: the mirror follows a state that was taken over from
-- WorkOS.
-- Called by:  the reducer, after mirror_lock, in the transaction that writes subjects.desired.
-- Relies on:  unique subjects of the mirror tables.
-- Holds:      nothing revives a deleted role; unknown slugs are kept, not dropped.
create or replace function rolecall.settle_unresolved(member rolecall.organization_memberships,
  unresolved jsonb)
returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  r record;
begin
  for r in
    select u.key as slug, x.role_urn, s.desired -> 'roles' ? u.key as wanted
      from jsonb_each_text(unresolved) u
      join rolecall.subjects s on s.subject = member.subject
     cross join lateral rolecall.resolve_slugs(
             member.organization_id, member.workos_user_id, array[u.key], rolecall.workos_time(u.value)) x
     where x.role_urn is not null or not coalesce(s.desired -> 'roles' ? u.key, false)
  loop
    if r.wanted and member.deleted_at is null then
      insert into rolecall.organization_role_assignments (organization_id, workos_user_id, user_id, role_urn)
      values (member.organization_id, member.workos_user_id, member.user_id, r.role_urn)
      on conflict (organization_id, workos_user_id, role_urn) where deleted_at is null do nothing;
    end if;
    update rolecall.observed o set unresolved = o.unresolved - r.slug where o.subject = member.subject;
  end loop;
end $$;
comment on function rolecall.settle_unresolved(rolecall.organization_memberships, jsonb) is
  'Turns slugs that became known into assignments, and forgets those that are no longer wanted.';

create or replace function rolecall.mirror_adopt_members(adoptions jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  -- who stays what they are, member or not, is not written for it; of the others, what was seen goes in with it
  update rolecall.organization_memberships m
     set deleted_at = case when a.kind = 'member.remove' then clock_timestamp() end,
         workos_membership_id = x.membership_id, status = x.status, directory_managed = x.directory_managed,
         workos_created_at = x.created_at, workos_updated_at = x.seen_at, workos_last_event_id = x.event_id,
         updated_at = clock_timestamp()
    from jsonb_to_recordset(adoptions) as a (subject text, kind text)
   cross join lateral rolecall.members_as_seen(array[a.subject]) x
   where m.subject = x.subject and (m.deleted_at is null) = (a.kind = 'member.remove');
  with a as materialized (
    select m.subject, m.organization_id, m.workos_user_id, m.user_id, a.kind,
           coalesce(x.urns, '{}') as urns, coalesce(x.unknown, '{}') as unknown,
           coalesce(o.seen -> 'roles', '[]') as seen_slugs
      from jsonb_to_recordset(adoptions) as a (subject text, kind text, desired jsonb)
      join rolecall.organization_memberships m on m.subject = a.subject
      left join rolecall.observed o on o.subject = a.subject
     cross join lateral (
       select rolecall.workos_time(o.seen_at) as at, array(
         select s from jsonb_array_elements_text(
           case when a.kind = 'member.push' then a.desired -> 'roles' else '[]' end) s) as slugs offset 0) shown
     cross join lateral (
       select array_agg(r.role_urn) filter (where r.role_urn is not null) as urns,
              jsonb_object_agg(r.slug, coalesce(o.seen_at, '')) filter (where r.role_urn is null) as unknown
         from rolecall.resolve_slugs(m.organization_id, m.workos_user_id, shown.slugs, shown.at) r) x),
  unresolved as (
    update rolecall.observed o set unresolved = a.unknown
      from a where o.subject = a.subject and a.kind = 'member.push' and o.unresolved <> a.unknown),
  lost as (  -- offset 0: looked up by the member, however the tables were when this was planned
    update rolecall.organization_role_assignments g set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
      from a
     cross join lateral (
       select x.id from rolecall.organization_role_assignments x
        where x.organization_id = a.organization_id and x.workos_user_id = a.workos_user_id
          and x.deleted_at is null and x.role_urn <> all (a.urns) offset 0) x
     where g.id = x.id
       -- who was to get a role that has ended since holds it until retire_holders takes it out of what they shall have
       and (a.unknown = '{}' or not exists (
         select from (
           select r.workos_slug from rolecall.organization_roles r
            where r.subject = g.role_urn and r.deleted_at is not null
           union all
           select r.workos_slug from rolecall.global_roles r
            where 'role:global:' || r.id = g.role_urn and r.deleted_at is not null) ended
          where a.unknown ? ended.workos_slug and not a.seen_slugs ? ended.workos_slug)))
  insert into rolecall.organization_role_assignments (organization_id, workos_user_id, user_id, role_urn)
  select a.organization_id, a.workos_user_id, a.user_id, u from a cross join lateral unnest(a.urns) u
  on conflict (organization_id, workos_user_id, role_urn) where deleted_at is null do nothing;
end $$;
comment on function rolecall.mirror_adopt_members(jsonb) is
  'Makes the mirror say of members what was adopted from WorkOS: [{"subject", "kind", "desired"}].';

create or replace function rolecall.mirror_adopt(subject text, kind text, desired jsonb, reason text)
returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  role rolecall.organization_roles;
begin
  if mirror_adopt.kind in ('member.push', 'member.remove') then
    perform rolecall.mirror_adopt_members(jsonb_build_array(jsonb_build_object(
      'subject', mirror_adopt.subject, 'kind', mirror_adopt.kind, 'desired', mirror_adopt.desired)));
  elsif mirror_adopt.kind = 'role.push' then
    update rolecall.organization_roles r
       set name = coalesce(nullif(left(mirror_adopt.desired ->> 'name', 48), ''), r.name),
           description = nullif(left(mirror_adopt.desired ->> 'description', 150), ''),
           updated_at = clock_timestamp()
     where r.subject = mirror_adopt.subject and r.deleted_at is null;
  elsif mirror_adopt.kind = 'role.permissions' then
    update rolecall.organization_roles r
       set permissions = array(
             select jsonb_array_elements_text(mirror_adopt.desired -> 'permissions') limit 500),
           updated_at = clock_timestamp()
     where r.permissions_subject = mirror_adopt.subject and r.deleted_at is null;
  elsif mirror_adopt.kind = 'role.remove' then
    update rolecall.organization_roles r set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
     where r.subject = mirror_adopt.subject and r.deleted_at is null
    returning * into role;
    if role.subject is not null then
      perform rolecall.retire_holders(role, mirror_adopt.reason);
    end if;
  end if;
end $$;
comment on function rolecall.mirror_adopt(text, text, jsonb, text) is
  'Makes the mirror say what was adopted from WorkOS: assignments, tombstones, a role''s name, '
  'description or permissions.';
