-- close_session_v1: ends a worker session in order; what it still leased is due at once.
-- Called by:  PgStore::close_session, last in a drain.
-- Relies on:  worker_sessions_pkey, lanes_leased.
-- Holds:      I6: a session that ended is never revived.
create or replace function rolecall.close_session_v1(worker bigint) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  lost text[];
begin
  update rolecall.worker_sessions w set retired_at = clock_timestamp(), retired_because = 'closed'
   where w.id = close_session_v1.worker and w.retired_at is null;
  select array_agg(x.subject) into lost from (
    select l.subject from rolecall.lanes l
     where l.state = 'leased' and l.leased_by = close_session_v1.worker
       for update skip locked) x;
  perform rolecall.free_lanes_v1(lost, 'session_closed');
end $$;
comment on function rolecall.close_session_v1(bigint) is
  'Retires a worker session; lanes that it still leased are due at once.';
