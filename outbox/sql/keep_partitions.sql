-- keep_partitions: partitions ahead, retention.
-- Called by:  PgStore::keep_partitions, once an hour by one worker.   Answers: one row, how many things were done.
-- Relies on:  the schedule row, so that one worker does it.
-- Holds:      I5: what did not converge is copied forward before its partition is dropped.
select rolecall.keep_partitions_v1() as done
