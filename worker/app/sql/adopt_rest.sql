-- adopt_rest: at most $4 things of organization $1, which is $2 at WorkOS, that are here without versions, after $3.
-- Called by:  AdoptionStore::rest.     Answers: one row.
-- Relies on:  rolecall.adopt_rest_v1.
-- Holds:      nothing is locked or changed.
select rolecall.adopt_rest_v1($1, $2, $3, $4::int) as answer
