-- maintain: old sends and sessions.
-- Called by:  PgStore::maintain, once a minute by one worker.   Answers: one row, how many things were done.
-- Relies on:  sends_by_age; the schedule row, so that one worker does it.
-- Holds:      a send is forgotten only when it can no longer be applied.
select rolecall.maintain_v1($1::bigint) as done
