-- record_read: what a read showed, unless something moved since it began.
-- Called by:  PgStore::record_read, once for each read.   Answers: one row: false when it was discarded.
-- Relies on:  observed_pkey, lanes_pkey, sends_by_subject.
-- Holds:      the discard rule: a read that may be overtaken decides nothing.
select rolecall.record_read_v1($1::jsonb) as kept
