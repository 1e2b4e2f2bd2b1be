-- adopt_begin: begins an attempt of run $2 at organization $1.
-- Called by:  AdoptionStore::begin.     Answers: one row; 0: it is done.
-- Relies on:  rolecall.adopt_begin_v1.
-- Holds:      an older attempt writes nothing any more.
select rolecall.adopt_begin_v1($1, $2::bigint) as attempt
