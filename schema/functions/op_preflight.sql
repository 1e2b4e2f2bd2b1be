-- preflight_data, preflight_names, linked_organizations, members_with_several_roles: what preflight asks of the data.
-- Called by:  `rolecall preflight`.
-- Relies on:  the mirror; check_name and its like; organization_role_assignments_active.
-- Holds:      nothing is locked or changed; who may run workers or operate may ask, without rights on the tables.
create or replace function rolecall.preflight_data(
  out linked bigint, out default_role_slug text, out role_slugs text[], out multiple_roles boolean,
  out several_roles bigint, out refused_several bigint, out events_enabled boolean, out events_started boolean,
  out events_read_s double precision, out events_kept_s double precision, out events_failing_s double precision,
  out events_gap text, out events_result text, out events_parked bigint)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select (select count(*) from rolecall.organizations o
           where o.workos_organization_id is not null and o.disabled_at is null),
         c.default_role_slug,
         array(select g.workos_slug from rolecall.global_roles g where g.deleted_at is null order by 1),
         c.multiple_roles,
         (select count(*) from (
           select from rolecall.organization_role_assignments a where a.deleted_at is null
            group by a.organization_id, a.workos_user_id having count(*) > 1) several),
         (select count(*) from rolecall.lanes l
           where l.state <> 'idle' and l.failure_code = 'multiple_roles_not_enabled'),
         s.enabled, e.started_from is not null,
         extract(epoch from clock_timestamp() - coalesce(e.pulled_at, e.started_from)),
         extract(epoch from rolecall.events_kept_v1()),
         extract(epoch from clock_timestamp() - e.failing_since),
         e.gap_reason, s.last_result,
         (select count(*) from rolecall.workos_organization_syncs r where r.parked_at is not null)
    from rolecall.provider_control c, rolecall.event_stream e, rolecall.schedules s
   where s.name = 'pull_events'
$$;
comment on function rolecall.preflight_data() is
  'What preflight compares with WorkOS: linked organizations, roles known here, members with several roles and what '
  'was refused of them, how the event stream stands (seconds; null: never).';

create or replace function rolecall.preflight_names(lim int)
returns table (place text, slug text, problem text, total bigint)
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  role record;
  found_rows text[] := '{}';
  found_count bigint := 0;
begin
  for role in
    select ('organization ' || r.organization_id) collate "C" as place, r.workos_slug as slug, r.name, r.description, r.permissions,
           true as prefixed
      from rolecall.organization_roles r where r.deleted_at is null
    union all
    select 'environment' collate "C", g.workos_slug, g.name, g.description, null, false
      from rolecall.global_roles g where g.deleted_at is null
     order by 1, 2
  loop
    begin
      perform rolecall.check_name(role.name), rolecall.check_description(role.description),
              rolecall.check_permissions(role.permissions);
      if role.prefixed then
        perform rolecall.check_slug(role.slug);
      elsif role.slug like 'org-%' then
        raise exception 'slugs of the environment do not begin with org-' using errcode = '22023';
      end if;
    exception when invalid_parameter_value then
      found_count := found_count + 1;
      if found_count <= lim then
        found_rows := found_rows || array[role.place, role.slug, sqlerrm];
      end if;
    end;
  end loop;
  return query select found_rows[3 * n + 1], found_rows[3 * n + 2], found_rows[3 * n + 3], found_count
    from generate_series(0, least(found_count, lim) - 1) n;
end $$;
comment on function rolecall.preflight_names(int) is
  'Active roles whose slug, name, description or permissions WorkOS would refuse: the first ones, why, and how many there are.';

create or replace function rolecall.linked_organizations(after text, lim int)
returns table (organization_id text, workos_organization_id text)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select o.id, o.workos_organization_id from rolecall.organizations o
   where o.workos_organization_id > after and o.disabled_at is null
   order by o.workos_organization_id limit lim
$$;
comment on function rolecall.linked_organizations(text, int) is
  'Organizations that WorkOS should know, after one of WorkOS''s ids, in their order.';

create or replace function rolecall.members_with_several_roles(lim int)
returns table (workos_organization_id text, workos_user_id text)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select o.workos_organization_id, a.workos_user_id
    from (select a.organization_id, a.workos_user_id from rolecall.organization_role_assignments a
           where a.deleted_at is null group by 1, 2 having count(*) > 1) a
    join rolecall.organizations o on o.id = a.organization_id
   where o.workos_organization_id is not null and o.disabled_at is null
   order by 1, 2 limit lim
$$;
comment on function rolecall.members_with_several_roles(int) is
  'A few members who hold several roles, as WorkOS names them.';
