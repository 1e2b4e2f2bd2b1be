-- rescue_v1: looks for workers that are gone, and frees what they had leased.
-- Called by:  PgStore::rescue, each 200 ms while others hold leases, otherwise once a second.
-- Relies on:  worker_sessions_live, lanes_leased, lanes_lease_end; advisory locks (7071, session),
--             7073 one rescuer.
-- Holds:      I6: a lock that was free at two looks, 750 ms apart. Decides by columns of the locked
--             lane only.
create or replace function rolecall.rescue_v1(worker bigint) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  retired int := 0;
  freed int := 0;
  gone bigint[];
  lost text[];
  ended text[];
begin
  -- Two rescuers at once would take each other's try-lock for a sign of life.
  if pg_try_advisory_xact_lock(7073, 0) then
    retired := rolecall.retire_sessions_v1();
    -- An array made beforehand: a join to the sessions would be judged by an old snapshot when a
    -- lane has
    -- changed hands, and a live worker would be robbed. A session that ended never comes back, so
    -- this stays true.
    select coalesce(array_agg(h.id), '{}') into gone from rolecall.lease_holders_v1() h (id)
     where not exists (select from rolecall.worker_sessions w where w.id = h.id and w.retired_at is null);
    select array_agg(x.subject) into lost from (
      select l.subject from rolecall.lanes l
       where l.state = 'leased' and l.leased_by = any (gone) limit 1000 for update skip locked) x;
    select array_agg(x.subject) into ended from (
      select l.subject from rolecall.lanes l
       where l.state = 'leased' and l.lease_expires_at < (select clock_timestamp())
         and l.subject <> all (coalesce(lost, '{}')) limit 1000 for update skip locked) x;
    if lost is not null or ended is not null then
      -- the worker that is gone may have been the one that probed
      update rolecall.provider_state s
         set probe_at = least(s.probe_at, clock_timestamp() + interval '1 s')
       where s.id in (select p.id from rolecall.provider_state p where p.state <> 'up' for update skip locked);
      freed := rolecall.free_lanes_v1(lost, 'worker_gone') + rolecall.free_lanes_v1(ended, 'lease_ended');
    end if;
  end if;
  return jsonb_build_object('sessions_retired', retired, 'lanes_freed', freed,
    'others_hold_leases', exists (select from rolecall.lease_holders_v1() h (id)
                                   where h.id is distinct from rescue_v1.worker));
end $$;
comment on function rolecall.rescue_v1(bigint) is
  'Retires sessions whose lock is free and frees their lanes, and lanes whose lease time is over.';
