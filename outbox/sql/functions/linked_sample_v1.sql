-- linked_sample_v1: a few organizations that WorkOS should know, to tell whose environment a key belongs to.
-- Called by:  run at its start; preflight.
-- Relies on:  the unique key of organizations.workos_organization_id: ids of WorkOS begin with their time, so these
--             are the oldest and the newest.
-- Holds:      one that was switched off is not asked for; it may be gone there.
create or replace function rolecall.linked_sample_v1() returns setof text
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  (select o.workos_organization_id from rolecall.organizations o
    where o.workos_organization_id is not null and o.disabled_at is null order by 1 desc limit 3)
  union
  (select o.workos_organization_id from rolecall.organizations o
    where o.workos_organization_id is not null and o.disabled_at is null order by 1 limit 3)
$$;
comment on function rolecall.linked_sample_v1() is 'Up to six linked organizations, as WorkOS names them: the oldest and the newest.';
