-- open_session_v1: a new worker session. Answers its id.
-- Called by:  PgStore::open_session, at start and after every lost connection.
-- Relies on:  worker_sessions_pkey; the caller takes pg_advisory_lock(7071, id) on the same
--             connection.
-- Holds:      I6: an id is never used again, so a free lock is never mistaken for somebody else's.
create or replace function rolecall.open_session_v1(
  locks boolean, program_version text, host text, process_id int) returns bigint
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  insert into rolecall.worker_sessions (locks, program_version, host, process_id)
  values ($1, $2, $3, $4) returning id
$$;
comment on function rolecall.open_session_v1(boolean, text, text, int) is
  'Registers a worker session and answers its id.';
