-- take_in_v1: moves up to lim outbox rows into their lanes, revocations first, then each organization in
-- turn; and what logins asked for.
-- Called by:  PgStore::take_in, until it moved less than it was asked for.
-- Relies on:  pick_rows_v1, intake_v1, take_look_requests_v1.
-- Holds:      I5 every row moves once; I9: a lane that somebody has locked keeps its rows for
--             later. No session state: the caller hands walked_to back as walk_from, a place per
--             priority; one that is lost costs the walk its way.
create or replace function rolecall.take_in_v1(lim int, walk_from text[] default '{}') returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp set jit = off as $$
declare
  picked record;
  ids bigint[] := '{}';
  walked_to text[] := array['', '', ''];
  asked int := rolecall.take_look_requests_v1(lim);
begin
  for urgency in 0..2 loop
    walked_to[urgency + 1] := coalesce(walk_from[urgency + 1], '');
    continue when cardinality(ids) >= lim;
    select p.* into picked
      from rolecall.pick_rows_v1(urgency::smallint, lim - cardinality(ids), walked_to[urgency + 1]) p;
    ids := ids || picked.ids;
    walked_to[urgency + 1] := picked.walked_to;
  end loop;
  if cardinality(ids) > 0 then  -- all in one statement: workers that make the same lanes meet in one order
    perform rolecall.intake_v1(ids);
  end if;
  return jsonb_build_object('moved', cardinality(ids) + asked, 'walked_to', walked_to);
end $$;
comment on function rolecall.take_in_v1(int, text[]) is
  'Moves up to lim outbox rows into their lanes and the history, and as many requests for a look; answers how '
  'many in all, and where its walks over organizations ended.';
