-- operation_v1 and the functions beside it: what a lease says besides its
-- content.
-- Called by:  record_sends_v1.
-- Relies on:  observed_pkey, lanes_pkey, subjects_pkey, sends_open_slugs (gin).
-- Holds:      a slug that an open send still names is not created anew; a revocation never waits
--             for a grant.
create or replace function rolecall.operation_v1(
  kind text, incarnation text, seen_status text, joins boolean) returns text
language sql immutable parallel safe as $$
  select case
    when kind like '%.remove' then 'delete'
    when kind = 'role.permissions' then 'put'
    when incarnation is null then 'create'
    when kind = 'member.push' and seen_status = 'inactive' and joins then 'create'  -- a POST reactivates
    else 'put' end
$$;
comment on function rolecall.operation_v1(text, text, text, boolean) is
  'put, create or delete: what a version of this kind does to what is known to be there.';

create or replace function rolecall.named_slugs_v1(kind text, desired jsonb) returns text[]
language sql immutable parallel safe as $$
  select case
    when kind = 'member.push' and jsonb_typeof(desired -> 'roles') = 'array'
      then array(select jsonb_array_elements_text(desired -> 'roles'))
    when kind like 'role.%' and desired ->> 'slug' is not null then array[desired ->> 'slug']
    else '{}' end
$$;
comment on function rolecall.named_slugs_v1(text, jsonb) is 'The role slugs that a version names.';

create or replace function rolecall.unready_slugs_v1(waits rolecall.wait[]) returns jsonb
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
  -- not delivered (reached will not do: a dead role is not there either), and never seen there
  select coalesce(jsonb_agg(s.desired ->> 'slug' order by s.desired ->> 'slug'), '[]')
    from unnest(waits) w
    join rolecall.subjects s on s.subject = w.subject
    left join rolecall.lanes l on l.subject = w.subject
    left join rolecall.observed o on o.subject = w.subject
   where s.kind like 'role.%' and s.desired ->> 'slug' is not null
     and coalesce(l.delivered_version, 0) < w.version and o.incarnation is null
$$;
comment on function rolecall.unready_slugs_v1(rolecall.wait[]) is
  'Slugs of the roles waited for that are not at WorkOS yet.';

create or replace function rolecall.unready_heirs_v2(kind text, desired jsonb) returns setof jsonb
language sql stable rows 1 as $$  -- without SET it is taken into the statement that calls it
  -- the slug of a role that ended is there until its DELETE, and means the old role until then
  select coalesce(pg_catalog.jsonb_agg(r order by r collate "C"), '[]')
    from pg_catalog.jsonb_array_elements_text(
           case when $1 = 'member.push' and pg_catalog.jsonb_typeof($2 -> 'roles') = 'array' then $2 -> 'roles'
                when $1 = 'role.permissions' then pg_catalog.jsonb_build_array($2 -> 'slug') else '[]' end) r
   where exists (
     select from rolecall.subjects s
       left join rolecall.observed o on o.subject = s.subject
       left join rolecall.lanes l on l.subject = s.subject
      where s.object_key = 'role:' || rolecall.key_part($2 ->> 'organization') || ':' || rolecall.key_part(r)
        and s.kind <> 'role.remove' and o.incarnation is null and coalesce(l.delivered_version, 0) = 0
        and ($1 = 'role.permissions' or exists (
          select from rolecall.subjects t where t.object_key = s.object_key and t.created_at < s.created_at)) offset 0)
$$;
comment on function rolecall.unready_heirs_v2(text, jsonb) is
  'Slugs of re-created roles in a member''s state that are not at WorkOS yet, while their predecessors may be; of '
  'permissions: their role''s. One row.';

create or replace function rolecall.unready_heirs_v1(kind text, desired jsonb) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin  -- plpgsql keeps its plan: this is asked for every lease
  return (select u from rolecall.unready_heirs_v2($1, $2) u);
end $$;
comment on function rolecall.unready_heirs_v1(text, jsonb) is 'As unready_heirs_v2, planned once a session.';

create or replace function rolecall.sayable_v1(
  kind text, desired jsonb, unready jsonb, organization_id text) returns jsonb
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select case
    when $1 <> 'member.push' or $3 = '[]' or jsonb_typeof($2 -> 'roles') <> 'array' then $2
    when not exists (select from jsonb_array_elements_text($2 -> 'roles') r where not $3 ? r)
      then jsonb_set($2, '{roles}', jsonb_build_array(coalesce(
             (select o.default_role_slug from rolecall.organizations o where o.id = $4),
             (select c.default_role_slug from rolecall.provider_control c))))
    else jsonb_set($2, '{roles}', (select jsonb_agg(r order by r collate "C")
                                     from jsonb_array_elements_text($2 -> 'roles') r where not $3 ? r)) end
$$;
comment on function rolecall.sayable_v1(text, jsonb, jsonb, text) is
  'The part of a desired state that can be said while some of its roles are not there yet.';

create or replace function rolecall.role_ended_v1(permissions_subject text) returns boolean
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select exists (select from rolecall.organization_roles r
                  where r.permissions_subject = $1 and r.deleted_at is not null)
$$;
comment on function rolecall.role_ended_v1(text) is
  'Whether the role whose permissions these are was deleted: they end with it.';

create or replace function rolecall.quarantine_left_v1(
  subject text, object_key text, slugs text[], window_ms int) returns bigint
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select greatest(coalesce(max(case when l.subject is not null then 1000  -- under way: its answer tells
           else ceil(1000 * extract(epoch from o.leased_at + window_ms * interval '1 ms' - clock_timestamp()))::bigint end), 0),
           -- no DELETE and no read can tell two roles of one slug apart: the end of the first is confirmed first
           case when exists (select from rolecall.subjects me
                               join rolecall.subjects t on t.object_key = $2 and t.subject <> $1 and t.created_at < me.created_at
                               left join rolecall.observed b on b.subject = t.subject
                              where me.subject = $1 and coalesce(b.confirmed_version, 0) < t.version)
                then (select c.visibility_ms from rolecall.provider_control c) else 0 end)
    from rolecall.sends o
    left join rolecall.lanes l on l.subject = o.subject and l.lease_token = o.lease_token
   where o.state = 'open' and o.names_slugs @> $3 and o.subject <> $1
     -- the second part of an object key is WorkOS's organization; parts are encoded, so they never
     -- run together
     and split_part(o.object_key, ':', 2) = split_part($2, ':', 2)
$$;
comment on function rolecall.quarantine_left_v1(text, text, text[], int) is
  'Milliseconds for which an open send of another subject may still be applied to the slug, 1,000 for one whose '
  'call is under way; 0: none may.';
