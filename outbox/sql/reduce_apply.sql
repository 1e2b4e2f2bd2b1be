-- reduce_apply: writes what the reducer made of each subject's facts: $1 is an array of reductions.
-- Called by:  PgStore::reduce, last in its transaction.   Answers: one row for each reduction.
-- Relies on:  observed_pkey, sends_pkey, subjects_pkey; the locks that reduce_take holds.
-- Holds:      I5: a correction is an outbox row; I12: reduce_due_at is cleared with its effects.
select rolecall.reduce_apply_v1(reduction.value)::text as applied
  from jsonb_array_elements($1::jsonb) with ordinality as reduction order by ordinality
