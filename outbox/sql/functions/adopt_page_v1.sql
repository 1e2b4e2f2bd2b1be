-- adopt_page_v1, adopt_rest_v1, adopt_users_v1, adopt_holder_v1: what is here beside what WorkOS shows.
-- Called by:  AdoptionStore (worker/app/adopt/adoption_store.cpp).
-- Relies on:  subjects_pkey, subjects_by_object, organization_roles_active_slug, organization_memberships_pkey and
--             _subject_key; organization_role_assignments_active and _past; users_workos_user_id_key,
--             users_by_email; reconcile_mirror_v1, reconcile_unknown_v1.
-- Holds:      they only show: a dry run writes nothing.
create or replace function rolecall.adopt_subject_v1(org rolecall.organizations, family text, name text) returns text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
begin
  if family = 'member' then
    return rolecall.member_subject(org.id, name);
  end if;
  return (select case adopt_subject_v1.family when 'role' then r.subject else r.permissions_subject end
            from rolecall.organization_roles r
           where r.organization_id = org.id and r.workos_slug = adopt_subject_v1.name and r.deleted_at is null);
end $$;
comment on function rolecall.adopt_subject_v1(rolecall.organizations, text, text) is
  'The subject that a listed role, its permissions or a member has or would have here; null: no such role.';

create or replace function rolecall.adopt_changed_v1(org rolecall.organizations, family text, name text) returns text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  if family = 'member' then
    return (
      select rolecall.json_time_v1(greatest(m.updated_at, m.deleted_at,
               (select max(a.updated_at) from rolecall.organization_role_assignments a
                 where a.organization_id = org.id and a.workos_user_id = adopt_changed_v1.name and a.deleted_at is null),
               (select max(greatest(a.updated_at, a.deleted_at)) from rolecall.organization_role_assignments a
                 where a.organization_id = org.id and a.workos_user_id = adopt_changed_v1.name
                   and a.deleted_at is not null)))
        from rolecall.organization_memberships m
       where m.organization_id = org.id and m.workos_user_id = adopt_changed_v1.name);
  end if;
  return (select rolecall.json_time_v1(r.updated_at) from rolecall.organization_roles r
           where r.organization_id = org.id and r.workos_slug = adopt_changed_v1.name and r.deleted_at is null);
end $$;
comment on function rolecall.adopt_changed_v1(rolecall.organizations, text, text) is
  'When a role or a member last changed here, as its tables say; null: there is no row of it.';

create or replace function rolecall.adopt_mirror_v1(org rolecall.organizations, subject text, family text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  here jsonb := nullif(rolecall.reconcile_mirror_v1(org, $2, $3) -> 'value', 'null');
begin
  -- its link may be planned only
  return case when here is not null
              then here || jsonb_build_object('organization', org.workos_organization_id) end;
end $$;
comment on function rolecall.adopt_mirror_v1(rolecall.organizations, text, text) is
  'What the tables of roles and members say of a subject, as it would be said to WorkOS; null: it is absent.';

create or replace function rolecall.adopt_page_v1(organization_id text, workos text, listed jsonb) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  org rolecall.organizations;
begin
  select * into org from rolecall.organizations g where g.id = adopt_page_v1.organization_id;
  org.workos_organization_id := adopt_page_v1.workos;  -- a dry run has not linked it
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
             'family', e.family, 'name', e.name, 'versioned', s.subject is not null,
             'equal', s.subject is not null and not rolecall.removes(s.kind) and s.desired = e.shown -> 'value',
             'here', m.here,
             'changed_at', rolecall.adopt_changed_v1(org, e.family, e.name),
             'unknown', case e.family when 'member'
                                      then rolecall.reconcile_unknown_v1(org, e.shown, null, '{}') else '[]' end)
             order by e.n), '[]')
      from (select x.n, x.e ->> 'family' as family, x.e ->> 'name' as name, x.e -> 'shown' as shown
              from jsonb_array_elements(listed) with ordinality x (e, n)) e
     cross join lateral (select rolecall.adopt_subject_v1(org, e.family, e.name) as key offset 0) k
      left join lateral (
        select x.* from rolecall.subjects x
         where x.subject = k.key
            or k.key is null and x.object_key = 'role:' || rolecall.key_part(workos) || ':' || rolecall.key_part(e.name)
         limit 1) s on true
     cross join lateral (select case when k.key is not null then rolecall.adopt_mirror_v1(org, k.key, e.family) end as here
                           offset 0) m
     where e.family <> 'permissions' or m.here is not null);  -- permissions that are not managed here
end $$;
comment on function rolecall.adopt_page_v1(text, text, jsonb) is
  'What is here of things that WorkOS listed, in their order: versioned (it has versions already: reconciliation''s, '
  'not adoption''s; equal: they say what was shown), here (null: absent), changed_at, role slugs that are unknown. '
  'Permissions that are not managed here are left out.';

create or replace function rolecall.adopt_rest_v1(organization_id text, workos text, after text, lim int) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  org rolecall.organizations;
begin
  select * into org from rolecall.organizations g where g.id = adopt_rest_v1.organization_id;
  org.workos_organization_id := adopt_rest_v1.workos;
  return (
    with rest as materialized (
      select u.* from (
        (select m.subject, 'member' as family, m.workos_user_id as name from rolecall.organization_memberships m
          where m.organization_id = org.id and m.deleted_at is null and m.subject > adopt_rest_v1.after
          order by m.subject limit lim)
        union all
        (select r.subject, 'role', r.workos_slug from rolecall.organization_roles r
          where r.organization_id = org.id and r.deleted_at is null and r.subject > adopt_rest_v1.after
          order by r.subject limit lim)) u
       order by u.subject limit lim)
    select jsonb_build_object(
      'last', case when count(*) = lim then max(r.subject) end,
      'things', coalesce(jsonb_agg(jsonb_build_object(
        'family', r.family, 'name', r.name, 'versioned', false, 'equal', false,
        'here', rolecall.adopt_mirror_v1(org, r.subject, r.family),
        'changed_at', rolecall.adopt_changed_v1(org, r.family, r.name), 'unknown', '[]'::jsonb) order by r.subject)
        filter (where not exists (select from rolecall.subjects s where s.subject = r.subject offset 0)), '[]'))
      from rest r);
end $$;
comment on function rolecall.adopt_rest_v1(text, text, text, int) is
  'A page of what is here without versions, as adopt_page_v1 shows it, for what WorkOS did not list; last: the next '
  'page begins after it; null: there is none.';

create or replace function rolecall.adopt_users_v1(listed jsonb) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
             'holder', (select u.id from rolecall.users u where u.workos_user_id = e.x ->> 'id'),
             'named', (select jsonb_build_object('id', u.id, 'workos', u.workos_user_id) from rolecall.users u
                        where u.id = e.x ->> 'external_id' and u.deleted_at is null),
             'same_address', (
               select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'workos', a.workos_user_id) order by a.id), '[]')
                 from (select u.id, u.workos_user_id from rolecall.users u
                        where lower(u.email) = lower(e.x ->> 'email') and u.deleted_at is null
                        order by u.id limit 3) a)) order by e.n), '[]')
      from jsonb_array_elements(listed) with ordinality e (x, n));
end $$;
comment on function rolecall.adopt_users_v1(jsonb) is
  'Who is here that WorkOS''s users [{"id", "email", "external_id"}] may be, in their order: the one that is linked to '
  'it, the one whom its external_id names, and at most three with its e-mail address.';

create or replace function rolecall.adopt_holder_v1(
  organization_id text, workos text, external_id text, out holder text, out names_another boolean)
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  holder := (select g.id from rolecall.organizations g
              where g.workos_organization_id = workos and g.id <> adopt_holder_v1.organization_id);
  names_another := exists (select from rolecall.organizations g
                            where g.id = external_id and g.id <> adopt_holder_v1.organization_id);
end $$;
comment on function rolecall.adopt_holder_v1(text, text, text) is
  'The other organization here that is linked to this one of WorkOS; and whether its external_id names another one.';
