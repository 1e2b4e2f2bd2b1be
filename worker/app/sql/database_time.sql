-- database_time: what the database's clock shows, in microseconds since the epoch.
-- Called by:  run, at its start and while it takes webhooks, every ten minutes (worker/app/run.cpp).
-- Relies on:  nothing.     Answers: one row.
-- Holds:      that one clock judges how old a signature is, whatever the workers' clocks show.
select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now_us
