-- lock_session: the advisory lock that says "this worker lives"; free only when its connection has ended.
-- Called by:  PgStore::open_session, right after open_session, on the session's connection.   Answers: one row.
-- Relies on:  nothing; the id is new, so that nobody else asks for this lock.
-- Holds:      I6: taken after the row is there and before anything is leased.
select pg_advisory_lock(7071, $1::int)::text as locked
