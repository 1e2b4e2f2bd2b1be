-- verify_session_v1: may this worker still send? Writes nothing.
-- Called by:  PgStore::verify_session, on the session's connection, each 250 ms while it holds
--             leases.
-- Relies on:  worker_sessions_pkey; a connection that was made anew has lost the lock.
-- Holds:      I6: a worker that was retired, or whose lock is gone, sends nothing.
create or replace function rolecall.verify_session_v1(worker bigint) returns boolean
language sql volatile security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select exists (
    select from rolecall.worker_sessions w
     where w.id = $1 and w.retired_at is null
       and (not w.locks or exists (
         select from pg_locks l
          where l.locktype = 'advisory' and l.pid = pg_backend_pid() and l.granted
            and l.classid = 7071 and l.objid = $1::int::oid and l.objsubid = 2)))
$$;
comment on function rolecall.verify_session_v1(bigint) is
  'Whether the session lives: not retired, and its lock is held by this connection.';
