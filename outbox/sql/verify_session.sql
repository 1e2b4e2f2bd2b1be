-- verify_session: does the session live, and was it not retired?
-- Called by:  PgStore::verify_session, each 250 ms while leases are held, on the session's connection.   Answers: one row.
-- Relies on:  worker_sessions_pkey.
-- Holds:      I6: a worker that cannot verify its session sends nothing.
select rolecall.verify_session_v1($1::bigint) as live
