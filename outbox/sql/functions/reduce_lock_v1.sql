-- reduce_lock_v1: everything that the reducer may change of a subject, locked without waiting.
-- Called by:  reduce_take_v1, which holds the subject's observed row.
-- Relies on:  rolecall.mirror_lock, subjects_pkey, lanes_pkey.
-- Holds:      I9; mirror before subjects, as mutations do. A leased lane is not touched.
create or replace function rolecall.reduce_lock_v1(subject text) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  lane_state text;
begin
  if not rolecall.mirror_lock(reduce_lock_v1.subject) then
    return false;
  end if;
  perform from rolecall.subjects s where s.subject = reduce_lock_v1.subject for update skip locked;
  if not found then
    return false;
  end if;
  select l.state into lane_state from rolecall.lanes l
   where l.subject = reduce_lock_v1.subject for update skip locked;
  if found then
    return lane_state <> 'leased';
  end if;
  return not exists (select from rolecall.lanes l where l.subject = reduce_lock_v1.subject);
end $$;
comment on function rolecall.reduce_lock_v1(text) is
  'Locks mirror, subject and lane for the reducer; false: somebody has one of them, or the '
  'lane is leased.';
