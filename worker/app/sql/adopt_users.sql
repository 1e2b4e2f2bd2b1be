-- adopt_users: who is here that the listed users $1 of WorkOS may be.
-- Called by:  AdoptionStore::users.     Answers: one row.
-- Relies on:  rolecall.adopt_users_v1.
-- Holds:      nothing is locked or changed.
select rolecall.adopt_users_v1($1::jsonb) as answer
