-- take_in: moves up to $1 rows from outbox into their lanes and the history, revocations first.
-- Called by:  PgStore::take_in, until it answers fewer than it was asked for.   Answers: one row, how many moved.
-- Relies on:  outbox_order, lanes_pkey.
-- Holds:      I2 one lane per subject; I5 each row moved once; I9 locked lanes are skipped.
select rolecall.take_in_v1($1::int) as moved
