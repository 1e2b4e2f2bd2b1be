-- end_pull_v1: a pull that failed gives its right back.
-- Called by:  PgStore::fail_pull.
-- Relies on:  schedules_pkey.
-- Holds:      a failure is told where people look, and is tried again.
create or replace function rolecall.end_pull_v1(worker bigint, failure text, gap boolean, retry_ms bigint) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  -- the stream before a replay was read to its end, and that gave the right back
  is_replay boolean := (select s.leased_by is null from rolecall.schedules s where s.name = 'pull_events');
begin
  update rolecall.schedules s
     set leased_by = null, lease_expires_at = null, last_run_at = clock_timestamp(),
         last_result = 'failed: ' || left(end_pull_v1.failure, 500),
         due_at = clock_timestamp() + end_pull_v1.retry_ms * interval '1 ms'
   where s.name = 'pull_events' and (s.leased_by = end_pull_v1.worker or s.leased_by is null and is_replay);
  if not found or is_replay then
    return;
  end if;
  update rolecall.event_stream e
     set failing_since = coalesce(e.failing_since, clock_timestamp()), behind_since = null
   where e.failing_since is null or e.behind_since is not null;
  if end_pull_v1.gap then
    perform rolecall.note_gap_v1(left(end_pull_v1.failure, 500));
  end if;
end $$;
comment on function rolecall.end_pull_v1(bigint, text, boolean, bigint) is
  'Ends a pull that failed, to be tried again in retry_ms; gap: events may be lost, and it is not.';
