-- lock_roles, default_role, role_waits: roles by URN.
-- Called by:  every mutation that names a role.
-- Relies on:  organization_roles.subject (which is the URN), global_roles by id.
-- Holds:      a role that is named cannot be deleted before the naming transaction ends; locks are taken sorted.
create or replace function rolecall.lock_roles(organization_id text, role_urns text[])
returns text[]
language plpgsql set search_path = pg_catalog, rolecall, pg_temp
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  urns text[];
  locked text[];
  bad text;
begin
  select array_agg(distinct u collate "C" order by u collate "C") into urns from unnest(lock_roles.role_urns) u;
  if coalesce(cardinality(urns), 0) = 0 then
    raise exception 'role_urns is empty' using errcode = '22023',
      hint = 'A member holds at least one role; rolecall.remove_member ends a membership.';
  end if;
  select coalesce(u, 'null') into bad from unnest(lock_roles.role_urns) u
   where u is null or u !~ '^role:(global|organization):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' limit 1;
  if bad is not null then
    raise exception '% is no role URN', bad using errcode = '22023',
      hint = 'role:global:<uuid> or role:organization:<uuid>, as rolecall.list_roles shows them.';
  end if;
  -- Organization roles exclude delete_role. An environment role is everybody's: nobody may block it for all.
  perform from rolecall.organization_roles r where r.subject = any (urns) order by r.subject for share;
  perform from rolecall.global_roles g
    where g.id in (select substring(u from 13)::uuid from unnest(urns) u where u like 'role:global:%')
      order by g.id for key share;
  select array_agg(x.urn) into locked from (
    select r.subject from rolecall.organization_roles r
     where r.subject = any (urns) and r.organization_id = lock_roles.organization_id and r.deleted_at is null
    union all
    select 'role:global:' || g.id from rolecall.global_roles g
     where g.id in (select substring(u from 13)::uuid from unnest(urns) u where u like 'role:global:%')
       and g.deleted_at is null) x (urn);
  select u into bad from unnest(urns) u where u <> all (coalesce(locked, '{}')) limit 1;
  if bad is not null then
    raise exception 'organization % has no role %', lock_roles.organization_id, bad
      using errcode = 'P0002',
        hint = 'rolecall.list_roles(organization_id) shows what there is; a deleted role does not '
          'come back.';
  end if;
  return urns;
end $$;
comment on function rolecall.lock_roles(text, text[]) is
  'Locks the named roles against deletion and returns their URNs, sorted, each once. Raises 22023 '
  '(empty, or no URN) and P0002 (no such role in this organization).';

create or replace function rolecall.default_role(organization_id text) returns text
language sql stable set search_path = pg_catalog, rolecall, pg_temp as $$
  with wanted as (
    select coalesce((select o.default_role_slug from rolecall.organizations o where o.id = $1),
                    c.default_role_slug) as slug
      from rolecall.provider_control c)
  select coalesce(
    (select r.subject from wanted w join rolecall.organization_roles r
      on r.organization_id = $1 and r.workos_slug = w.slug and r.deleted_at is null),
    (select 'role:global:' || g.id from wanted w join rolecall.global_roles g on g.workos_slug = w.slug
      and g.deleted_at is null))
$$;
comment on function rolecall.default_role(text) is
  'URN of the role that a member of this organization has at least; null when it is not known '
  'here.';

create or replace function rolecall.role_waits(role rolecall.organization_roles)
returns rolecall.wait[]
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  -- the newest role of this slug that was deleted, and its permissions: both go by the slug
  return array(select (s.subject, s.version)::rolecall.wait
    from (select r.subject, r.permissions_subject from rolecall.organization_roles r
           where r.organization_id = role.organization_id and r.workos_slug = role.workos_slug
             and r.id <> role.id
             and r.deleted_at is not null order by r.deleted_at desc limit 1) old
    join rolecall.subjects s on s.subject in (old.subject, old.permissions_subject)
   order by s.subject);
end $$;
comment on function rolecall.role_waits(rolecall.organization_roles) is
  'What must be delivered before this role is said: the end of the role that had its slug before.';
