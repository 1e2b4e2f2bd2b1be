-- report_provider: how calls went since worker $1's last report; the shared breaker decides.
-- Called by:  PgStore::report_provider, after failures and while the provider is not up.   Answers: one row, the mode.
-- Relies on:  provider_state_pkey.
-- Holds:      I7: time in which the provider is down is not counted.
select rolecall.report_provider_v1($1::bigint, $2::int, $3::int, $4::int, $5::text) as mode
