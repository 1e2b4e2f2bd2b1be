-- settle_lanes_v1: writes what each settled lane becomes.
-- Called by:  settle_v1, last: the other parts read the lease that ends here.
-- Relies on:  lanes_pkey; settle_verdicts_v1.
-- Holds:      I2, I3, I4 (the caller locked these lanes under their tokens); an operator's hold or
--             cancel keeps its reason, the failure stays with the attempt.
create or replace function rolecall.settle_lanes_v1(settlements jsonb, mine bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  moment timestamptz := clock_timestamp();
  up double precision := rolecall.up_seconds_v1();
  visibility interval;
  bound interval;
  allowed double precision;
begin
  select c.visibility_ms * interval '1 ms', c.wait_bound_ms * interval '1 ms', c.up_seconds_allowed
    into visibility, bound, allowed from rolecall.provider_control c;
  with verdict as materialized (
    select v.*, case when v.outcome = 'look' and v.delay = interval '0' then visibility else v.delay end as pause,
           case when l.requested_version = l.wanted_version
                 and (l.requested, coalesce(v.ended, v.state)) in (('hold', 'held'), ('cancel', 'cancelled'))
                then l.requested end as honoured,
           owed.priority as owed_priority, owed.since_id, owed.enqueued_at as owed_at,
           case when v.state = 'due' and (v.outcome = 'partial' or owed.priority > 0)
                then rolecall.first_unmet_v1(l.waits_for, l.organization_id) end as unmet
      from rolecall.settle_verdicts_v1(settlements, mine) v
      join rolecall.lanes l on l.subject = v.subject
      -- offset 0: else the history is read first, and only then is it asked whether it had to be
      left join lateral (select h.* from rolecall.owed_after_v1(
        l.subject, l.leased_version, l.leased_at - interval '1 min', moment) h
       where v.said and v.newer offset 0) owed on true)
  update rolecall.lanes l set
    state = v.state, ended = v.ended, state_since = moment,
    delivered_version = case when v.said then l.leased_version else l.delivered_version end,
    attempts = case when v.newer or v.said then 0 when v.counts then l.attempts + 1 else l.attempts end,
    leases = 0,
    next_attempt_at = case when v.state = 'due' and v.outcome = 'partial' and not v.newer and (v.unmet).subject is null
                           then moment + greatest(v.pause, interval '1 s')  -- what is missing tells nobody when it comes
                           when v.state = 'due' and (v.outcome = 'look' or not v.newer)
                           then moment + v.pause else moment end,
    look_after = case when v.outcome = 'look' and v.state in ('due', 'held') then moment + v.pause end,
    looks_absent = 0,
    priority = case when v.outcome = 'partial' and not v.newer then greatest(l.priority, 1)
                    else coalesce(v.owed_priority, l.priority) end,
    owed_since_id = coalesce(v.since_id, l.owed_since_id),
    enqueued_at = coalesce(v.owed_at, l.enqueued_at),
    waits_on = case when v.state = 'idle' then null when (v.unmet).subject is not null then (v.unmet).subject
                    when v.newer then l.waits_on end,
    waits_version = case when v.state = 'idle' then null when (v.unmet).subject is not null then (v.unmet).version
                         when v.newer then l.waits_version end,
    wait_until = case when v.outcome = 'partial' and not v.newer then moment + bound
                      else coalesce(l.wait_until, moment + bound) end,
    up_seconds_left = case when v.newer or v.said then allowed else v.up_left end, up_seconds_mark = up,
    leased_version = null, lease_token = null, leased_by = null, leased_at = null, lease_expires_at = null,
    requested = null, requested_version = null, requested_reason = null,
    failure_class = case when v.honoured is null then v.failure ->> 'class' end,
    failure_code = case when v.honoured = 'hold' then rolecall.hold_code_v1(l.subject, l.wanted_version)
                        when v.honoured = 'cancel' then 'cancelled_by_operator'
                        when v.expired then 'expired' else nullif(v.failure ->> 'code', '') end,
    failure_detail = case when v.honoured is not null then l.requested_reason
                          else left(nullif(v.failure ->> 'detail', ''), 2000) end,
    failure_status = nullif((v.failure ->> 'status')::int, 0),
    failure_request_id = nullif(v.failure ->> 'request_id', ''),
    failure_at = case when v.failure is not null or v.honoured is not null then moment end
  from verdict v where l.subject = v.subject;
end $$;
comment on function rolecall.settle_lanes_v1(jsonb, bigint[]) is
  'Part of settle_v1: ends the leases.';
