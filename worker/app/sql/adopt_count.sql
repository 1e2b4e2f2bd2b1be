-- adopt_count: how many organizations there are (only $2, if given), and how many run $1 has done.
-- Called by:  AdoptionStore::count.     Answers: one row.
-- Relies on:  rolecall.adopt_count_v1.
-- Holds:      nothing is locked or changed.
select known, done from rolecall.adopt_count_v1($1::bigint, $2)
