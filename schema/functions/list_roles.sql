-- list_roles: the roles that members of an organization may hold.
-- Called by:  applications.
-- Relies on:  organization_roles_by_organization, organization_role_assignments_by_role.
-- Holds:      shows what is here; what of it is at WorkOS is rolecall.convergence's to say.
create or replace function rolecall.list_roles(organization_id text)
returns table (role_urn text, slug text, name text, description text, permissions text[],
               environment boolean, system boolean,
               member_count bigint, created_at timestamptz, updated_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
begin
  perform rolecall.require_organization(list_roles.organization_id);
  if not exists (select from rolecall.organizations o where o.id = list_roles.organization_id) then
    raise exception 'organization % does not exist', coalesce(list_roles.organization_id, 'null')
      using errcode = 'P0002',
        hint = 'Make it known with rolecall.upsert_organization(id, name, workos_organization_id).';
  end if;
  return query
  select x.role_urn, x.slug, x.name, x.description, x.permissions, x.environment, x.slug in ('admin', 'member'),
         (select count(*) from rolecall.organization_role_assignments a
           where a.role_urn = x.role_urn and a.organization_id = list_roles.organization_id
             and a.deleted_at is null),
         x.created_at, x.updated_at
    from (
      select 'role:global:' || g.id, g.workos_slug, g.name, g.description, null::text[], true, g.created_at,
        g.updated_at
        from rolecall.global_roles g where g.deleted_at is null
      union all
      select r.subject, r.workos_slug, r.name, r.description, r.permissions, false, r.created_at, r.updated_at
        from rolecall.organization_roles r
       where r.organization_id = list_roles.organization_id and r.deleted_at is null
    ) x (role_urn, slug, name, description, permissions, environment, created_at, updated_at)
   order by x.slug collate "C";
end $$;
comment on function rolecall.list_roles(text) is
  'Roles of the environment and of the organization, by slug, with the number of members that '
  'hold each. Raises 42501 (app.org_id is another) and P0002 (unknown organization).';
