-- adopt_run_v1 and its parts: which organizations an adoption has still to reach, and its attempts at each.
-- Called by:  AdoptionStore (worker/app/adopt/adoption_store.cpp).
-- Relies on:  adoption_runs_pkey, adoptions_pkey, adoption_things_pkey; organizations_pkey.
-- Holds:      what is done is done once in a run; an older attempt at an organization writes nothing any more.
create or replace function rolecall.adopt_run_v1(policy text, again boolean) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set lock_timeout = '5s' as $$
#variable_conflict use_column
declare
  newest rolecall.adoption_runs;
begin
  lock table rolecall.adoption_runs in share row exclusive mode;  -- two that begin at once are one run
  select r.* into newest from rolecall.adoption_runs r order by r.number desc limit 1;
  if newest.number is null or adopt_run_v1.again then
    insert into rolecall.adoption_runs (number, policy, begun_by)
    values (coalesce(newest.number, 0) + 1, adopt_run_v1.policy, session_user) returning * into newest;
  end if;
  return jsonb_build_object('run', newest.number, 'policy', newest.policy);
end $$;
comment on function rolecall.adopt_run_v1(text, boolean) is
  'The adoption to continue, or a new one (again, or none was ever begun), and the policy that it was begun with: it '
  'has no other.';

create or replace function rolecall.adopt_next_v1(run bigint, only_one text, after text, lim int)
returns table (organization_id text, name text, workos_organization_id text)
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  return query
    select g.id, g.name, coalesce(g.workos_organization_id, '')
      from rolecall.organizations g
     where g.id > after and (only_one = '' or g.id = only_one) and g.disabled_at is null
       and not exists (select from rolecall.adoptions a
                        where a.organization_id = g.id and a.run = adopt_next_v1.run and a.state = 'done' offset 0)
     order by g.id limit lim;
end $$;
comment on function rolecall.adopt_next_v1(bigint, text, text, int) is
  'The next organizations after that id that this run has not done; run 0: all. only_one: no other.';

create or replace function rolecall.adopt_count_v1(run bigint, only_one text, out known bigint, out done bigint)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select count(*), count(a.organization_id)
    from rolecall.organizations g
    left join rolecall.adoptions a on a.organization_id = g.id and a.run = $1 and a.state = 'done'
   where g.disabled_at is null and ($2 = '' or g.id = $2)
$$;
comment on function rolecall.adopt_count_v1(bigint, text) is
  'How many organizations there are to adopt, and how many of them this run has done.';

create or replace function rolecall.adopt_begin_v1(organization_id text, run bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  begun bigint;
begin
  insert into rolecall.adoptions as a (organization_id, run, state, begun_at)
  values (adopt_begin_v1.organization_id, adopt_begin_v1.run, 'reading', clock_timestamp())
  on conflict (organization_id) do update
    set run = excluded.run, attempt = a.attempt + 1, state = 'reading', begun_at = excluded.begun_at, done_at = null,
        reason = null, detail = null, counts = '{}'
    where a.run <> excluded.run or a.state <> 'done'
  returning a.attempt into begun;
  if begun is not null then
    delete from rolecall.adoption_things t where t.organization_id = adopt_begin_v1.organization_id;
  end if;
  return coalesce(begun, 0);
end $$;
comment on function rolecall.adopt_begin_v1(text, bigint) is
  'Begins an attempt at an organization and answers its number; 0: the run has done it meanwhile.';

create or replace function rolecall.adopt_lives_v1(organization_id text, attempt bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
begin
  perform from rolecall.adoptions a
    where a.organization_id = $1 and a.attempt = $2 and a.state = 'reading' for no key update;
  return found;
end $$;
comment on function rolecall.adopt_lives_v1(text, bigint) is
  'Whether this attempt is the newest at the organization, and under way; it stays so until the transaction ends.';

create or replace function rolecall.adopt_stage_v1(organization_id text, attempt bigint, things jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  if not rolecall.adopt_lives_v1(adopt_stage_v1.organization_id, adopt_stage_v1.attempt) then
    return false;
  end if;
  insert into rolecall.adoption_things (organization_id, family, name, thing)
  select adopt_stage_v1.organization_id, x ->> 'family', x ->> 'name', x
    from jsonb_array_elements(things) x
  on conflict (organization_id, family, name) do update set thing = excluded.thing;  -- shown twice: the later page
  return true;
end $$;
comment on function rolecall.adopt_stage_v1(text, bigint, jsonb) is
  'Keeps what was read and decided until the organization''s transaction writes it; false: a newer attempt has begun.';

create or replace function rolecall.adopt_leave_v1(organization_id text, attempt bigint, reason text, detail text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  if not rolecall.adopt_lives_v1(adopt_leave_v1.organization_id, adopt_leave_v1.attempt) then
    return false;
  end if;
  update rolecall.adoptions a set state = 'left', reason = adopt_leave_v1.reason, detail = left(adopt_leave_v1.detail, 2000)
   where a.organization_id = adopt_leave_v1.organization_id;
  delete from rolecall.adoption_things t where t.organization_id = adopt_leave_v1.organization_id;
  return true;
end $$;
comment on function rolecall.adopt_leave_v1(text, bigint, text, text) is
  'Ends an attempt that writes nothing: why, for people. The next run of the command tries again.';
