-- free_lanes_v1: takes lanes, locked by the caller, from a worker that is gone; they are due at
-- once.
-- Called by:  rescue_v1, close_session_v1.
-- Relies on:  lanes_pkey, sends_by_token, observed_pkey.
-- Holds:      I6; a hold or cancel that was asked for keeps its reason; the lost send stays open, and a lost create is looked for before anything is
--             created again.
create or replace function rolecall.free_lanes_v1(lost text[], code text) returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  moment timestamptz := clock_timestamp();
  visibility interval;
  lost_creates text[];
begin
  if lost is null then
    return 0;
  end if;
  select c.visibility_ms * interval '1 ms' into visibility from rolecall.provider_control c;
  select coalesce(array_agg(l.subject), '{}') into lost_creates
    from unnest(lost) u (subject) join rolecall.lanes l on l.subject = u.subject
    join rolecall.sends s on s.lease_token = l.lease_token
   where s.state = 'open' and s.operation = 'create';

  insert into rolecall.observed as o (subject, organization_id, object_key, reduce_due_at, verify_at, verify_reason)
  select s.subject, s.organization_id, s.object_key, moment,
         case when s.subject = any (lost_creates) then moment + visibility end,
         case when s.subject = any (lost_creates) then 'create in doubt' end
    from unnest(lost) u (subject) join rolecall.subjects s on s.subject = u.subject
   order by s.subject
  on conflict (subject) do update
     set reduce_due_at = excluded.reduce_due_at,
         verify_at = coalesce(excluded.verify_at, o.verify_at),
         verify_reason = coalesce(excluded.verify_reason, o.verify_reason);

  insert into rolecall.outbox_attempts (subject, version, lease_token, worker, outcome, failure_class,
                                        failure_code, failure_detail)
  select l.subject, l.leased_version, l.lease_token, l.leased_by, 'retry', 'lease_lost', free_lanes_v1.code,
         'the worker that leased it is gone; whether it was applied is not known'
    from unnest(lost) u (subject) join rolecall.lanes l on l.subject = u.subject;

  with verdict as materialized (
    select l.subject, l.leases >= 20 and l.wanted_version = l.leased_version as poison,
           case when l.requested_version = l.wanted_version then l.requested end as requested,
           l.requested_reason
      from unnest(lost) u (subject) join rolecall.lanes l on l.subject = u.subject)
  update rolecall.lanes l set
    state = case when v.poison or v.requested = 'hold' then 'held' when v.requested = 'cancel' then 'idle' else 'due' end,
    ended = case when v.requested = 'cancel' and not v.poison then 'cancelled' end,
    state_since = moment, next_attempt_at = moment,
    look_after = case when l.subject = any (lost_creates) and (v.poison or v.requested is distinct from 'cancel')
                      then moment + visibility end,
    looks_absent = 0,
    waits_on = case when v.requested = 'cancel' and not v.poison then null else l.waits_on end,
    waits_version = case when v.requested = 'cancel' and not v.poison then null else l.waits_version end,
    leased_version = null, lease_token = null, leased_by = null, leased_at = null, lease_expires_at = null,
    requested = null, requested_version = null, requested_reason = null,
    failure_class = case when v.poison then 'bug' when v.requested is null then 'lease_lost' end,
    failure_code = case when v.poison then 'poison' when v.requested = 'hold' then rolecall.hold_code_v1(l.subject, l.wanted_version)
                        when v.requested = 'cancel' then 'cancelled_by_operator' else free_lanes_v1.code end,
    failure_detail = case when v.poison then 'leased 20 times, and never a result: its workers die of it'
                          when v.requested is not null then v.requested_reason
                          else 'the worker that leased it is gone' end,
    failure_status = null, failure_request_id = null, failure_at = moment
  from verdict v where l.subject = v.subject;
  return cardinality(lost);
end $$;
comment on function rolecall.free_lanes_v1(text[], text) is
  'Frees lanes of a worker that is gone; the caller has locked them.';
