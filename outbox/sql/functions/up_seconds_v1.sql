-- up_seconds_v1: for how many seconds the provider has been up in all, pauses left out.
-- Called by:  intake_v1, settle_lanes_v1, count_up_v1, retry (through requeue).
-- Relies on:  provider_state, provider_control: one row each.
-- Holds:      I7: expiry counts with this clock, so neither an outage nor a pause expires anything.
create or replace function rolecall.up_seconds_v1() returns double precision
language sql volatile security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select s.up_seconds + case when s.state <> 'up' then 0 else
           greatest(0, extract(epoch from least(clock_timestamp(), c.paused_at) - s.up_marked_at)) end
    from rolecall.provider_state s, rolecall.provider_control c
$$;
comment on function rolecall.up_seconds_v1() is
  'Seconds that the provider was up and not paused, in all.';
