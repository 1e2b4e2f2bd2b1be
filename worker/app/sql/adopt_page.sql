-- adopt_page: what organization $1, which is $2 at WorkOS, has here beside the listed things $3.
-- Called by:  AdoptionStore::compare.     Answers: one row.
-- Relies on:  rolecall.adopt_page_v1.
-- Holds:      nothing is locked or changed.
select rolecall.adopt_page_v1($1, $2, $3::jsonb) as answer
