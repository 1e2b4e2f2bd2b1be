-- end_sleep: gives the sleep lock back; enqueuers need not notify any more.
-- Called by:  PgStore::end_sleep, on the session's connection.   Answers: one row.
-- Relies on:  nothing.
-- Holds:      the lock is held only while its worker sleeps.
select pg_advisory_unlock(7072, 0) as unlocked
