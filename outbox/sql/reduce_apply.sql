-- reduce_apply: writes what the reducer made of each subject's facts: $1 is an array of reductions.
-- Called by:  PgStore::reduce, last in its transaction.   Answers: one row.
-- Relies on:  observed_pkey, sends_pkey, subjects_pkey; the locks that reduce_take holds.
-- Holds:      I5: a correction is an outbox row; I12: reduce_due_at is cleared with its effects.
select rolecall.reduce_apply_v2($1::jsonb)::text as applied
