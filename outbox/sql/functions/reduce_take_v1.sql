-- reduce_take_v1: locks up to lim subjects with new facts, and tells everything that is known of
-- each.
-- Called by:  PgStore::reduce, first in its transaction; reduce_apply_v2 ends it.
-- Relies on:  observed_reduce; reduce_lock_v2, facts_v2.
-- Holds:      while the stream is behind, its newest events come first, for read_ahead_ms at most;
--             I9: what is locked is left for later, and a worker that stops here is cut off after a
--             second;
--             the facts of a leased lane wait.
create or replace function rolecall.reduce_take_v1(lim int) returns setof jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  due text[];
  free text[];
  until timestamptz := clock_timestamp() - rolecall.read_ahead_v1();
begin
  perform set_config('idle_in_transaction_session_timeout', '1000', true);
  -- every look-up of a reduction is by key: planned once, and not for each batch again
  perform set_config('plan_cache_mode', 'force_generic_plan', true);
  due := array(
    select x.subject from (
      select o.subject from rolecall.observed o
       where o.reduce_due_at <= until
         -- by key: with the state as a condition it would read all that is leased, for each row
         and (select l.state from rolecall.lanes l where l.subject = o.subject) is distinct from 'leased'
       order by o.reduce_due_at limit lim for update of o skip locked) x);
  free := rolecall.reduce_lock_v2(due);
  if cardinality(free) < cardinality(due) then
    -- a little later, so that subjects under somebody's long transaction hide no others
    update rolecall.observed o set reduce_due_at = clock_timestamp() + interval '200 ms'
     where o.subject = any (due) and o.subject <> all (free);
  end if;
  return query select f from rolecall.facts_v2(free) f;
end $$;
comment on function rolecall.reduce_take_v1(int) is
  'Locks subjects with new facts, without waiting, and answers their facts as documents.';

create or replace function rolecall.read_ahead_v1() returns interval
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select coalesce((
    select c.read_ahead_ms * interval '1 ms'
      from rolecall.event_stream e cross join rolecall.provider_control c cross join rolecall.schedules s
     where e.behind_since is not null and s.name = 'pull_events' and s.enabled
       and s.leased_by is not null and s.lease_expires_at > clock_timestamp()), '0')
$$;
comment on function rolecall.read_ahead_v1() is
  'How long facts wait before they are reduced: read_ahead_ms while somebody reads a stream that is behind, else 0.';
