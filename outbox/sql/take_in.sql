-- take_in: moves up to $1 rows from outbox into their lanes and the history, revocations first, then each
-- organization in turn, from the places $2 on.
-- Called by:  PgStore::take_in, until fewer moved than it asked for.   Answers: one row, a document.
-- Relies on:  outbox_order, outbox_by_organization, lanes_pkey.
-- Holds:      I2 one lane per subject; I5 each row moved once; I9 locked lanes are skipped.
select rolecall.take_in_v1($1::int, $2::text[])::text as taken
