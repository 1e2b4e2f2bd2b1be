-- take_in_v1: moves up to lim outbox rows into their lanes, revocations first. Answers how many.
-- Called by:  PgStore::take_in, until it answers less than it was asked for.
-- Relies on:  outbox_order, lanes_pkey.
-- Holds:      I5 every row moves once; I9: a lane that somebody has locked keeps its rows for
--             later.
create or replace function rolecall.take_in_v1(lim int) returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  ids bigint[];
begin
  -- Lanes are locked under the limit, so that a locked lane with many rows starves nobody.
  select array_agg(x.id) into ids from (
    select o.id
      from rolecall.outbox o
     where exists (select from rolecall.lanes l where l.subject = o.subject for update skip locked)
        or not exists (select from rolecall.lanes l where l.subject = o.subject offset 0)
     order by o.priority, o.id
     limit lim for update of o skip locked) x;
  if ids is null then
    return 0;
  end if;
  perform rolecall.intake_v1(ids);
  return cardinality(ids);
end $$;
comment on function rolecall.take_in_v1(int) is
  'Moves up to lim outbox rows into their lanes and the history; answers how many.';
