-- take_verifications: up to $2 subjects whose state at WorkOS is to be read, claimed by worker $1.
-- Called by:  PgStore::take_verifications, when no lane is due.   Answers: 0..$2 rows, one document each.
-- Relies on:  observed_verify (partial).
-- Holds:      one reader per subject; none while its lane is leased.
select verification::text as verification from rolecall.take_verifications_v1($1::bigint, $2::int) as verification
