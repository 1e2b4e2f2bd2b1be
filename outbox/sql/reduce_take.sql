-- reduce_take: locks up to $1 subjects with new facts, and tells all that is known of each.
-- Called by:  PgStore::reduce, first in its transaction.   Answers: 0..$1 rows, one document each.
-- Relies on:  observed_reduce (partial), subjects_pkey.
-- Holds:      I9 what is locked is left for later; the facts of a leased lane wait.
select facts::text as facts from rolecall.reduce_take_v1($1::int) as facts
