-- close_session: retires the session in order; what it still leased is due at once.
-- Called by:  PgStore::close_session, at the end of a drain.   Answers: one row.
-- Relies on:  worker_sessions_pkey, lanes_leased.
-- Holds:      I6: a session that ended is never revived.
select rolecall.close_session_v1($1::bigint)::text as closed
