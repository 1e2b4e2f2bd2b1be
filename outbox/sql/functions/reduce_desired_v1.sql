-- reduce_desired_v1: a version that the reducer adds: adopted from WorkOS, or said again. Answers
-- the newest version.
-- Called by:  reduce_apply_v1, under the subject's lock.
-- Relies on:  subjects_pkey; publish (outbox row and wake-up), mirror_adopt.
-- Holds:      every version that must be said has its outbox row; touched is not a local change
--             here.
create or replace function rolecall.reduce_desired_v1(reduction jsonb) returns bigint
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  key text := reduction ->> 'subject';
  adopted jsonb := nullif(reduction -> 'adopted_desired', 'null');
  next jsonb := nullif(reduction -> 'next', 'null');
  why text := coalesce(next ->> 'reason', reduction #>> '{audit,0,verdict}', 'adopted');
  s rolecall.subjects;
begin
  if adopted is null and next is null then  -- not even touched is written: mutations under REPEATABLE READ go on
    return (select x.version from rolecall.subjects x where x.subject = key);
  end if;
  update rolecall.subjects x
     set touched = coalesce(nullif(reduction -> 'touched', 'null'), x.touched),
         version = x.version + 1, updated_at = clock_timestamp(),
         kind = coalesce(next ->> 'kind', nullif(reduction ->> 'adopted_kind', ''), x.kind),
         desired = coalesce(nullif(next -> 'desired', 'null'), adopted, x.desired)
   where x.subject = key returning x.* into s;
  if adopted is not null then
    perform rolecall.mirror_adopt(key, s.kind, adopted, why);
  end if;
  if next is not null then
    perform rolecall.publish(
      key, s.organization_id, s.kind, s.desired,
      coalesce((select l.waits_for from rolecall.lanes l where l.subject = key), '{}'),
      (next ->> 'priority')::int, 'rolecall:reducer', why, false);
  else
    -- WorkOS has it already: the lane holds it as reached, so that nobody waits for it, and nobody
    -- says what was before.
    update rolecall.lanes l
       set wanted_version = s.version, kind = s.kind, desired = s.desired, state = 'idle', ended = 'observed',
           waits_on = null, waits_version = null, look_after = null,
           state_since = case when l.state = 'idle' then l.state_since else clock_timestamp() end
     where l.subject = key and l.state in ('idle', 'due', 'held', 'dead');
  end if;
  return s.version;
end $$;
comment on function rolecall.reduce_desired_v1(jsonb) is
  'Part of reduce_apply_v1: adopts a state, and writes the next outbox row.';
