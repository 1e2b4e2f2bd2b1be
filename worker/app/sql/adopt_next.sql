-- adopt_next: at most $4 organizations after $3 that run $1 has not done; $2: only this one.
-- Called by:  AdoptionStore::next.
-- Relies on:  rolecall.adopt_next_v1.
-- Holds:      nothing is locked or changed.
select organization_id, name, workos_organization_id from rolecall.adopt_next_v1($1::bigint, $2, $3, $4::int)
