-- create_role: a role of one organization.
-- Called by:  applications.
-- Relies on:  organization_roles_active_slug.
-- Holds:      a slug that was deleted comes back as another role, said after the end of the old one.
create or replace function rolecall.create_role(
  organization_id text, name text, description text default null, slug text default null,
    permissions text[] default null)
returns rolecall.organization_roles
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  org rolecall.organizations := rolecall.linked_organization(create_role.organization_id);
  role_name text := rolecall.check_name(create_role.name);
  role_slug text := rolecall.check_slug(coalesce(create_role.slug, rolecall.slug_of(role_name)));
  role rolecall.organization_roles;
  outbox_id bigint;
begin
  if exists (select from rolecall.global_roles g where g.workos_slug = role_slug and g.deleted_at is null) then
    raise exception 'the environment has a role with slug % already', role_slug
      using errcode = '23505',
        hint = 'Use another name or slug; a slug in an answer of WorkOS must mean one role.';
  end if;
  insert into rolecall.organization_roles as r (organization_id, workos_slug, name, description, permissions)
  values (org.id, role_slug, role_name, rolecall.check_description(create_role.description),
          case when create_role.permissions is not null
            then rolecall.check_permissions(create_role.permissions) end)
  on conflict (organization_id, workos_slug) where deleted_at is null do nothing
  returning * into role;
  if role.id is null then
    raise exception 'organization % has a role with slug % already', org.id, role_slug
      using errcode = '23505',
        hint = 'Use another name or slug, or change that role with rolecall.update_role.';
  end if;
  perform rolecall.bump(role.subject, org.id, 'role.push', '{}');
  outbox_id := rolecall.say_role(org, role);
  if role.permissions is not null then
    perform rolecall.bump(role.permissions_subject, org.id, 'role.permissions', '{}');
    perform rolecall.say_permissions(org, role);
  end if;
  perform rolecall.audit(org.id, role.subject, 1, 'create_role', rolecall.request_reason(),
    jsonb_build_object('outbox_id', outbox_id, 'before', null, 'after', to_jsonb(role)));
  return role;
end $$;
comment on function rolecall.create_role(text, text, text, text, text[]) is
  'Makes a role; its column subject is its URN. The slug is made of the name unless given, with '
  'the prefix org-, at most 48 characters. '
  'Null permissions: not managed here. Raises 22023 (name, slug, description or permissions), '
  '42501, P0002 (organization), 55000 (not linked), 23505 (slug taken).';
