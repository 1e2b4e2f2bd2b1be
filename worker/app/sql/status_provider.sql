-- status_provider: what all workers together hold WorkOS to be.
-- Called by:  read_status and read_gauges (worker/app/status.cpp).     Answers: one row.
-- Relies on:  the view rolecall.provider.
-- Holds:      nothing is locked or changed.
select state, coalesce(pause_reason, detail) as detail, drain_s, backlog,
       to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
       extract(epoch from clock_timestamp() - since)::float8 as since_s,
       to_char(next_probe at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as next_probe,
       to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at
  from rolecall.provider
