-- adopt_run: the adoption to continue with policy $1, or a new one where $2 says so.
-- Called by:  AdoptionStore::run.     Answers: one row.
-- Relies on:  rolecall.adopt_run_v1.
-- Holds:      an adoption has one policy.
select (a ->> 'run')::bigint as run, a ->> 'policy' as policy from rolecall.adopt_run_v1($1, $2::boolean) a
