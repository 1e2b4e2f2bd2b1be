-- report_throttle: WorkOS answered 429 to a call of rate class $1 and asked for silence of $2 milliseconds.
-- Called by:  PacedTransport (worker/app/paced_transport.cpp).     Answers: one row.
-- Relies on:  rolecall.report_throttle_v1.
-- Holds:      I11: 429 seen by one slows all.
select rolecall.report_throttle_v1($1::text, 1, $2::int)
