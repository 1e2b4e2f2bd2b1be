-- roles_of, held_roles, member_documents, give_roles: what a member holds, as URNs and as WorkOS is told.
-- Called by:  every mutation of members, delete_role, the reducer; after bump.
-- Relies on:  organization_role_assignments_active; organization_roles.subject; global_roles by id.
-- Holds:      a role that ended is in no desired state.
create or replace function rolecall.roles_of(organization_id text, workos_user_id text)
returns table (role_urn text, slug text, subject text)
language sql stable rows 3 as $$
  -- offset 0: one look-up by key for each, whatever the planner believes
  select a.role_urn, r.workos_slug, r.subject
    from (select a.role_urn from rolecall.organization_role_assignments a
           where a.organization_id = $1 and a.workos_user_id = $2 and a.deleted_at is null offset 0) a
   cross join lateral (
    select r.workos_slug, r.subject from rolecall.organization_roles r
     where r.subject = a.role_urn and r.deleted_at is null
    union all
    select g.workos_slug, null from rolecall.global_roles g
     where g.id = case when a.role_urn like 'role:global:%' then substring(a.role_urn from 13)::uuid end
       and g.deleted_at is null offset 0) r
$$;
comment on function rolecall.roles_of(text, text) is
  'The roles that a member holds; subject is null for a role of the environment.';

create or replace function rolecall.held_roles(organization_id text, workos_user_id text)
returns text[]
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return array(select r.role_urn from rolecall.roles_of($1, $2) r order by r.role_urn);
end $$;
comment on function rolecall.held_roles(text, text) is
  'URNs of the roles that the member holds, sorted.';

create or replace function rolecall.unknown_slugs(organization_id text, subject text)
returns setof text
language sql stable rows 1 as $$
  select k.slug collate "C"
    from rolecall.observed o
    join rolecall.subjects s on s.subject = o.subject
   cross join lateral jsonb_object_keys(o.unresolved) k (slug)
   where o.subject = $2 and o.unresolved <> '{}' and s.desired -> 'roles' ? k.slug
     and not exists (select from rolecall.global_roles g where g.workos_slug = k.slug)
     and not exists (select from rolecall.organization_roles r where r.organization_id = $1
       and r.workos_slug = k.slug)
$$;
comment on function rolecall.unknown_slugs(text, text) is
  'Slugs that WorkOS showed for a member, that the member still should have, and that nobody here '
  'knows.';

create or replace function rolecall.member_documents(organization_id text, workos_user_ids text[],
  keep_unknown boolean)
returns table (workos_user_id text, subject text, desired jsonb, waits rolecall.wait[])
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return query
  select u.id, m.subject,
         jsonb_build_object('organization', o.workos_organization_id, 'user', u.id, 'roles',
           coalesce(held.slugs, '[]')),
         coalesce(held.waits, '{}')
    from rolecall.organizations o
   cross join unnest($2) u (id)
   cross join lateral (
    select m.subject from rolecall.organization_memberships m
     where m.organization_id = $1 and m.workos_user_id = u.id offset 0) m
   cross join lateral (
    select jsonb_agg(distinct x.slug order by x.slug) as slugs,
           array_agg((x.subject, x.version)::rolecall.wait
             order by x.subject) filter (where x.version is not null) as waits
      from (
        select r.slug, r.subject, (select s.version from rolecall.subjects s where s.subject = r.subject)
          from rolecall.roles_of($1, u.id) r
        union all
        -- roles that WorkOS showed and nobody here knows stay, unless the whole set is given
        select k, null, null from rolecall.unknown_slugs($1, m.subject) k
          where $3) x (slug, subject, version)) held
   where o.id = $1;
end $$;
comment on function rolecall.member_documents(text, text[], boolean) is
  'The desired state of these members as WorkOS is told, and the organization roles that must be '
  'there first. '
  'keep_unknown: slugs that WorkOS showed and nobody here knows stay in the set.';

create or replace function rolecall.give_roles(member rolecall.organization_memberships, role_urns text[])
returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  update rolecall.organization_role_assignments a set deleted_at = clock_timestamp(),
    updated_at = clock_timestamp()
   where a.organization_id = member.organization_id and a.workos_user_id = member.workos_user_id
     and a.deleted_at is null
     and a.role_urn <> all (give_roles.role_urns);
  insert into rolecall.organization_role_assignments (organization_id, workos_user_id, user_id, role_urn)
  select member.organization_id, member.workos_user_id, member.user_id, u from unnest(give_roles.role_urns) u
  on conflict (organization_id, workos_user_id, role_urn) where deleted_at is null do nothing;
end $$;
comment on function rolecall.give_roles(rolecall.organization_memberships, text[]) is
  'Makes the member''s assignments exactly these: the others become tombstones, missing ones new '
  'rows.';
