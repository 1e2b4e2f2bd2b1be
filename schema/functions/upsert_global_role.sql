-- upsert_global_role: make an environment role known.
-- Called by:  applications; `rolecall sync-roles` and the worker at its start.
-- Relies on:  global_roles.workos_slug is unique.
-- Holds:      a slug keeps its id for ever; members who were seen with it hold it from then on.
create or replace function rolecall.upsert_global_role(slug text, name text)
returns rolecall.global_roles
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  role rolecall.global_roles;
  role_name text := rolecall.check_name(upsert_global_role.name);
  is_news boolean := true;
begin
  if coalesce(upsert_global_role.slug, '') !~ '^[a-z0-9_-]{1,48}$' then
    raise exception 'slug "%" is not valid', upsert_global_role.slug
      using errcode = '22023', hint = 'A slug has 1 to 48 characters of a-z, 0-9, - and _';
  end if;
  select * into role from rolecall.global_roles g where g.workos_slug = upsert_global_role.slug;
  if role.deleted_at is null and role.name = role_name then
    return role;  -- asked for at every start of every worker
  end if;
  is_news := role.id is null or role.deleted_at is not null;
  insert into rolecall.global_roles as g (workos_slug, name) values (upsert_global_role.slug, role_name)
  on conflict (workos_slug) do update set name = excluded.name, deleted_at = null,
    updated_at = clock_timestamp()
  returning * into role;
  if is_news then
    perform rolecall.give_seen_role(role);
  end if;
  perform rolecall.audit(null, null, null, 'upsert_global_role', rolecall.request_reason(),
    jsonb_build_object('role', to_jsonb(role)));
  return role;
end $$;
comment on function rolecall.upsert_global_role(text, text) is
  'Makes an environment role known, renames it, or revives it with the same id; roles are made in '
  'the WorkOS dashboard. Raises 22023 (slug or name).';

create or replace function rolecall.give_seen_role(role rolecall.global_roles) returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  members rolecall.organization_memberships[];
begin
  -- WorkOS showed them with this role before it was known; their desired state names it already
  select array_agg(x.m) into members from (
    select m from rolecall.organization_memberships m
     where m.subject in (select o.subject from rolecall.observed o where o.unresolved ? role.workos_slug)
       and m.deleted_at is null
     order by m.organization_id, m.workos_user_id for no key update) x;
  insert into rolecall.organization_role_assignments (organization_id, workos_user_id, user_id, role_urn)
  select m.organization_id, m.workos_user_id, m.user_id, 'role:global:' || role.id
    from unnest(members) m
    join rolecall.subjects s on s.subject = m.subject and s.desired -> 'roles' ? role.workos_slug
  on conflict (organization_id, workos_user_id, role_urn) where deleted_at is null do nothing;
end $$;
comment on function rolecall.give_seen_role(rolecall.global_roles) is
  'Enters the role for members who were seen with its slug before it was known.';
