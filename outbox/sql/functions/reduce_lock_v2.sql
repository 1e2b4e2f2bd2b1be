-- reduce_lock_v2: everything that the reducer may change of some subjects, locked without waiting.
-- Called by:  reduce_take_v1, which holds the subjects' observed rows.
-- Relies on:  unique subject of organization_memberships; mirror_lock, subjects_pkey, lanes_pkey.
-- Holds:      I9; mirror before subjects, as mutations do. A leased lane is not touched.
create or replace function rolecall.reduce_lock_v2(due text[]) returns text[]
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  free text[];
  mirrored text[] := array(
    select m.subject from rolecall.organization_memberships m where m.subject = any (due)
       for no key update skip locked);
begin
  -- roles, subjects without a mirror, and members whom somebody else holds
  mirrored := mirrored || array(
    select d from unnest(due) d where d <> all (mirrored) and rolecall.mirror_lock(d));
  mirrored := array(
    select s.subject from rolecall.subjects s where s.subject = any (mirrored) for update skip locked);
  with mine as materialized (
    select l.subject, l.state from rolecall.lanes l where l.subject = any (mirrored) for update skip locked)
  select array_agg(d.subject order by d.n) into free
    from unnest(due) with ordinality d (subject, n)
    left join mine l on l.subject = d.subject
   where d.subject = any (mirrored)
     and case when l.subject is null then not exists (select from rolecall.lanes x where x.subject = d.subject)
              else l.state <> 'leased' end;
  return coalesce(free, '{}');
end $$;
comment on function rolecall.reduce_lock_v2(text[]) is
  'Locks mirror, subject and lane of each for the reducer; answers, in order, those of which nobody '
  'else has any and whose lane is not leased.';
