-- session_lives_v1: is the session known and not retired? Notes, once a second, that it asked.
-- Called by:  lease_due_v1, take_verifications_v1, next_due_v1.
-- Relies on:  worker_sessions_pkey.
-- Holds:      I6: a retired worker gets nothing.
create or replace function rolecall.session_lives_v1(worker bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  update rolecall.worker_sessions w set last_seen_at = clock_timestamp()
   where w.id in (select s.id from rolecall.worker_sessions s
                   where s.id = worker and s.retired_at is null
                     and s.last_seen_at < clock_timestamp() - interval '1 s'
                     for no key update skip locked);
  return exists (select from rolecall.worker_sessions w where w.id = worker and w.retired_at is null);
end $$;
comment on function rolecall.session_lives_v1(bigint) is
  'Whether the session is known and not retired; keeps last_seen_at.';
