-- end_pull: a pull that failed gives its right back.
-- Called by:  PgStore::fail_pull.   Answers: one row without meaning.
-- Relies on:  schedules_pkey.
-- Holds:      a failure is told where people look, and is tried again.
select rolecall.end_pull_v1($1::bigint, $2::text, $3::boolean, $4::bigint)
