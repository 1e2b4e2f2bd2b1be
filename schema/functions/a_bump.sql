-- bump, bump_many: take the subject's lock and its next version.
-- Called by:  every mutation and the reducer, before they read the state that desired is computed from.
-- Relies on:  subjects' primary key.
-- Holds:      versions follow the order of commits, with an honest 40001 under REPEATABLE READ.
create or replace function rolecall.bump(subject text, organization_id text, kind text, desired jsonb)
returns bigint
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  counted bigint;
begin
  -- desired is what a new row begins with; publish puts the real one in its place
  insert into rolecall.subjects as s (subject, organization_id, object_key, version, kind, desired)
  values (bump.subject, bump.organization_id, rolecall.object_key(bump.subject, bump.kind, bump.desired), 1,
    bump.kind, bump.desired)
  on conflict (subject) do update set version = s.version + 1 where s.organization_id = excluded.organization_id
  returning s.version into counted;
  if counted is null then
    raise exception 'subject % belongs to another organization', bump.subject
      using errcode = '42501', hint = 'A subject stays with the organization that first used it.';
  end if;
  return counted;
end $$;
comment on function rolecall.bump(text, text, text, jsonb) is
  'Locks the subject, counts, and returns the new version. Publish must follow in the same '
  'transaction. Raises 42501 for a subject of another organization.';

create or replace function rolecall.bump_many(subjects text[], organization_id text, kind text)
returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  bumped bigint;
  wanted bigint;
begin
  select count(distinct s) into wanted from unnest(bump_many.subjects) s;
  insert into rolecall.subjects as s (subject, organization_id, object_key, version, kind, desired)
  select distinct u.subject collate "C", bump_many.organization_id, u.subject, 1, bump_many.kind, '{}'::jsonb
    from unnest(bump_many.subjects) u (subject) order by 1  -- locks are taken in this order
  on conflict (subject) do update set version = s.version + 1
    where s.organization_id = excluded.organization_id;
  get diagnostics bumped = row_count;
  if bumped <> wanted then
    raise exception 'some of these subjects belong to another organization than %',
      bump_many.organization_id
      using errcode = '42501', hint = 'A subject stays with the organization that first used it.';
  end if;
end $$;
comment on function rolecall.bump_many(text[], text, text) is
  'bump for a set of subjects of one organization, locked in sorted order. Publish must follow '
  'for each in the same transaction.';
