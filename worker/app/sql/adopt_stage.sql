-- adopt_stage: keeps the things $3 of attempt $2 at organization $1 until they are written.
-- Called by:  AdoptionStore::stage.     Answers: one row; false: a newer attempt has begun.
-- Relies on:  rolecall.adopt_stage_v1.
-- Holds:      nothing of the organization changes yet.
select rolecall.adopt_stage_v1($1, $2::bigint, $3::jsonb) as answer
