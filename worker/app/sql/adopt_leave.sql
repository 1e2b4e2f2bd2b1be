-- adopt_leave: ends attempt $2 at organization $1, which writes nothing, for reason $3, in words $4.
-- Called by:  AdoptionStore::leave.     Answers: one row.
-- Relies on:  rolecall.adopt_leave_v1.
-- Holds:      the next run of the command tries again.
select rolecall.adopt_leave_v1($1, $2::bigint, $3, $4) as answer
