-- say_role, say_permissions, find_role: the common parts of changes of one role.
-- Called by:  create_role, update_role, delete_role.
-- Relies on:  the subject was bumped in this transaction.
-- Holds:      a role's permissions are said after the role itself.
create or replace function rolecall.say_role(org rolecall.organizations, role rolecall.organization_roles)
returns bigint
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  return rolecall.publish(role.subject, org.id, 'role.push',
    jsonb_build_object('organization', org.workos_organization_id, 'slug', role.workos_slug,
                       'name', role.name, 'description', role.description),
    rolecall.role_waits(role), 1, rolecall.actor(), rolecall.request_reason(), true);
end $$;
comment on function rolecall.say_role(rolecall.organizations, rolecall.organization_roles) is
  'Publishes name and description of a role.';

create or replace function rolecall.say_permissions(org rolecall.organizations,
  role rolecall.organization_roles)
returns bigint
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  return rolecall.publish(role.permissions_subject, org.id, 'role.permissions',
    jsonb_build_object('organization', org.workos_organization_id, 'slug', role.workos_slug,
                       'permissions', to_jsonb(role.permissions)),
    array(select (s.subject, s.version)::rolecall.wait from rolecall.subjects s where s.subject = role.subject),
    1, rolecall.actor(), rolecall.request_reason(), true);
end $$;
comment on function rolecall.say_permissions(rolecall.organizations, rolecall.organization_roles) is
  'Publishes the permissions of a role, to be said when the role is there.';

create or replace function rolecall.find_role(role_urn text) returns rolecall.organization_roles
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  role rolecall.organization_roles;
  slug text;
begin
  if coalesce(find_role.role_urn, '')
      !~ '^role:(global|organization):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise exception '% is no role URN', coalesce(find_role.role_urn, 'null')
      using errcode = '22023', hint = 'role:organization:<uuid>, as rolecall.list_roles shows it.';
  elsif find_role.role_urn like 'role:global:%' then
    select g.workos_slug into slug from rolecall.global_roles g 
     where g.id = substring(find_role.role_urn from 13)::uuid;
    raise exception '% is a role of the environment%', coalesce(slug, find_role.role_urn),
        case when slug in ('admin', 'member') then ' and of the system' else '' end
      using errcode = '42501',
        hint = 'Environment roles are changed in the WorkOS dashboard; admin and member can be '
          'neither renamed nor deleted.';
  end if;
  select * into role from rolecall.organization_roles r where r.subject = find_role.role_urn;
  if role.id is not null then
    perform rolecall.require_organization(role.organization_id);
  end if;
  if role.id is null or role.deleted_at is not null then
    raise exception 'role % does not exist', find_role.role_urn
      using errcode = 'P0002',
        hint = 'rolecall.list_roles(organization_id) shows what there is; a deleted role does not '
          'come back.';
  end if;
  return role;
end $$;
comment on function rolecall.find_role(text) is
  'The organization role of that URN; not locked. Raises 22023 (no URN), 42501 (an environment '
  'role, or another organization''s), P0002 (none, or deleted).';
