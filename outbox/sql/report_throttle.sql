-- report_throttle: WorkOS answered $2 calls of rate class $1 with 429, and asked for $3 ms (0: it did not say).
-- Called by:  PgStore::report_throttle, as soon as it happened.   Answers: one row, the factor that is left.
-- Relies on:  provider_pace_pkey.
-- Holds:      I11: 429 seen by one slows all.
select rolecall.report_throttle_v1($1::text, $2::int, $3::int) as factor
