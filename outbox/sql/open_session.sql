-- open_session: a new worker_sessions row; the caller then takes the lock (7071, id) on the same connection.
-- Called by:  PgStore::open_session, at start and after each lost session.   Answers: one row, its id.
-- Relies on:  worker_sessions_pkey.
-- Holds:      I6: a session's id is never used again.
select rolecall.open_session_v1($1::boolean, $2::text, $3::text, $4::int) as worker
