-- status_workers: the worker sessions that are not over, and what each is doing.
-- Called by:  read_status and read_gauges (worker/app/status.cpp).     Answers: a row per session.
-- Relies on:  the view rolecall.workers.
-- Holds:      nothing is locked or changed.
select id, host, process_id, program_version, leases,
       to_char(opened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as opened_at,
       to_char(last_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as last_seen_at,
       extract(epoch from clock_timestamp() - last_seen_at)::float8 as last_seen_s
  from rolecall.workers
 where state <> 'retired'
 order by id
