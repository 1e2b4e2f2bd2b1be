-- retire_sessions_v1: two looks at the locks of live sessions; answers how many were retired now.
-- Called by:  rescue_v1, by one rescuer at a time.
-- Relies on:  worker_sessions_live. Try-locks last for the transaction, so none leaks into a
--             connection.
-- Holds:      I6: retired only after two looks 750 ms apart; sessions without a lock by silence of
--             a minute.
create or replace function rolecall.retire_sessions_v1() returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  session record;
  lock_is_free boolean;
  retired int := 0;
begin
  for session in
    select w.id, w.locks, w.suspect_since, w.last_seen_at from rolecall.worker_sessions w
     where w.retired_at is null order by w.id for no key update skip locked
  loop
    if session.locks then
      lock_is_free := pg_try_advisory_xact_lock(7071, session.id::int);
      if lock_is_free and session.suspect_since < clock_timestamp() - interval '750 ms' then
        update rolecall.worker_sessions w set retired_at = clock_timestamp(), retired_because = 'lost'
         where w.id = session.id;
        retired := retired + 1;
      elsif lock_is_free <> (session.suspect_since is not null) then
        update rolecall.worker_sessions w
           set suspect_since = case when lock_is_free then clock_timestamp() end where w.id = session.id;
      end if;
    elsif session.last_seen_at < clock_timestamp() - interval '1 min' then
      update rolecall.worker_sessions w set retired_at = clock_timestamp(), retired_because = 'lease_time'
       where w.id = session.id;
      retired := retired + 1;
    end if;
  end loop;
  return retired;
end $$;
comment on function rolecall.retire_sessions_v1() is
  'Looks at the locks of live sessions and retires those that were free twice.';

create or replace function rolecall.lease_holders_v1() returns setof bigint
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  with recursive holder as (  -- one index probe per holder, not one row per lease
    (select l.leased_by from rolecall.lanes l where l.state = 'leased' order by l.leased_by limit 1)
    union all
    select (select l.leased_by from rolecall.lanes l
             where l.state = 'leased' and l.leased_by > h.leased_by order by l.leased_by limit 1)
      from holder h where h.leased_by is not null)
  select h.leased_by from holder h where h.leased_by is not null
$$;
comment on function rolecall.lease_holders_v1() is 'The worker sessions that hold leases.';
