-- take_pull: the right to pull events, and where to begin.
-- Called by:  PgStore::take_pull, when the schedule or a webhook says so.   Answers: one row, a document.
-- Relies on:  schedules_pkey, event_nudges_pkey.
-- Holds:      one puller per environment.
select rolecall.take_pull_v1($1::bigint, $2::text[])::text as grant
