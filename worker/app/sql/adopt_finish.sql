-- adopt_finish: makes attempt $2 at organization $1, which is $3 at WorkOS, true.
-- Called by:  AdoptionStore::finish.     Answers: one row.
-- Relies on:  rolecall.adopt_organization_v1.
-- Holds:      all of it commits, or nothing.
select rolecall.adopt_organization_v1($1, $2::bigint, $3) as answer
