-- settle: the results $2 of worker $1, each under its own lease token.
-- Called by:  PgStore::settle, in batches.   Answers: one row for each result, in order: ok, busy or stale.
-- Relies on:  lanes_pkey, sends_pkey.
-- Holds:      I4 the fence; I7 the provider's failures do not count; I9 a locked lane answers busy.
select subject, token, result from rolecall.settle_v1($1::bigint, $2::jsonb)
