-- enable_rbac: roles begin to be enforced in an organization; its system roles get their default grants.
-- Called by:  operators; `rolecall enable-rbac`.
-- Relies on:  default_grants; principal_grants' unique key; global_roles by slug.
-- Holds:      all of it or nothing; twice is the same as once. Locks: the organization, then the roles by id, so that
--             two at once take turns, and a role that ends meanwhile takes these grants along.
create or replace function rolecall.enable_rbac(organization_id text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  org rolecall.organizations := rolecall.linked_organization(enable_rbac.organization_id);
  roles rolecall.global_roles[];
  missing text;
  granted int;
begin
  select * into org from rolecall.organizations o where o.id = org.id for no key update;
  if org.rbac_enabled_at is not null then
    return 'already enabled';
  end if;
  perform from rolecall.global_roles g where g.workos_slug in ('admin', 'member') order by g.id for share;
  roles := array(
    select g from rolecall.global_roles g where g.workos_slug in ('admin', 'member') and g.deleted_at is null);
  select string_agg(s, ' and ' order by s) into missing from unnest(array['admin', 'member']) s
   where s not in (select r.workos_slug from unnest(roles) r);
  if missing is not null then
    raise exception 'the environment''s roles are not known here yet: % missing', missing
      using errcode = '55000', hint = 'Make them in WorkOS''s dashboard if they are not there, then run rolecall sync-roles.';
  end if;
  -- A role that somebody gave grants is left as they made it.
  insert into rolecall.principal_grants (organization_id, principal_urn, scope, selectors)
  select org.id, 'role:global:' || r.id, d.scope, d.selectors
    from unnest(roles) r join rolecall.default_grants d on d.workos_slug = r.workos_slug
   where not exists (select from rolecall.principal_grants p
                      where p.organization_id = org.id and p.principal_urn = 'role:global:' || r.id)
   order by r.id, d.scope, d.selectors
  on conflict (organization_id, principal_urn, scope, selectors) do nothing;
  get diagnostics granted = row_count;
  update rolecall.organizations o set rbac_enabled_at = clock_timestamp(), updated_at = clock_timestamp()
   where o.id = org.id;
  perform rolecall.audit(org.id, null, null, 'enable_rbac', rolecall.request_reason(),
                         jsonb_build_object('granted', granted));
  return format('enabled with %s default grants', granted);
end $$;
comment on function rolecall.enable_rbac(text) is
  'Enforces roles in an organization from now on, and grants its system roles admin and member what default_grants '
  'says, unless they have grants there. Answers enabled with <n> default grants, or already enabled. Raises 22023 '
  '(null), 42501 (app.org_id is another), P0002 (unknown), 55000 (not linked, or the environment''s roles are not known here).';
