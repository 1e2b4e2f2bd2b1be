-- settle_unresolved, mirror_adopt: the mirror follows a state that was taken over from WorkOS.
-- Called by:  the reducer, after mirror_lock, in the transaction that writes subjects.desired.
-- Relies on:  unique subjects of the mirror tables.
-- Holds:      nothing revives a deleted role; unknown slugs are kept, not dropped.
create or replace function rolecall.settle_unresolved(member rolecall.organization_memberships,
  unresolved jsonb)
returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  r record;
begin
  for r in
    select u.key as slug, x.role_urn, s.desired -> 'roles' ? u.key as wanted
      from jsonb_each_text(unresolved) u
      join rolecall.subjects s on s.subject = member.subject
     cross join lateral rolecall.resolve_slugs(member, array[u.key], rolecall.workos_time(u.value)) x
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

create or replace function rolecall.mirror_adopt(subject text, kind text, desired jsonb, reason text)
returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  member rolecall.organization_memberships;
  role rolecall.organization_roles;
  shown_at text := (select o.seen_at from rolecall.observed o where o.subject = mirror_adopt.subject);
  slugs text[];
begin
  if mirror_adopt.kind in ('member.push', 'member.remove') then
    update rolecall.organization_memberships m
       set deleted_at = case when mirror_adopt.kind = 'member.remove' then clock_timestamp() end,
           updated_at = clock_timestamp()
     where m.subject = mirror_adopt.subject
    returning * into member;
    if member.subject is null then
      return;
    end if;
    if mirror_adopt.kind = 'member.remove' then
      perform rolecall.give_roles(member, '{}');
      return;
    end if;
    slugs := array(select jsonb_array_elements_text(mirror_adopt.desired -> 'roles'));
    update rolecall.observed o set unresolved = (
        select coalesce(jsonb_object_agg(x.slug, coalesce(shown_at, '')), '{}')
          from rolecall.resolve_slugs(member, slugs, rolecall.workos_time(shown_at)) x where x.role_urn is null)
     where o.subject = member.subject;
    perform rolecall.give_roles(member, array(
      select x.role_urn from rolecall.resolve_slugs(member, slugs, rolecall.workos_time(shown_at)) x
        where x.role_urn is not null));
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
