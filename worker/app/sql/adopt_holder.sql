-- adopt_holder: whether another organization than $1 is linked to $2, or is named by its external_id $3.
-- Called by:  AdoptionStore::holder.     Answers: one row.
-- Relies on:  rolecall.adopt_holder_v1.
-- Holds:      nothing is locked or changed.
select coalesce(holder, '') as holder, names_another from rolecall.adopt_holder_v1($1, $2, $3)
