-- find_row, requeue, newest_id: what the operators' functions share.
-- Called by:  retry, retry_dead, cancel, hold, release, explain.
-- Relies on:  outbox_pkey, outbox_history_by_id, lanes_pkey; lock_timeout: an operator waits for a
--             short statement only.
-- Holds:      an operator's action sees its row taken in, and its lane locked; I13 also after retry
--             and release.
create or replace function rolecall.find_row(id bigint) returns rolecall.outbox_history
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  entry rolecall.outbox_history;
  key text := (select o.subject from rolecall.outbox o where o.id = find_row.id);
  ids bigint[];
begin
  if key is not null then
    -- A new lane of an open transaction would make workers wait; one that is there they pass by.
    perform from rolecall.lanes l where l.subject = key for update;
    if not found then
      raise exception 'no worker has taken in outbox row % yet', id
        using errcode = '55000', hint = 'A worker does so within a second, also while the provider is paused.';
    end if;
    select array_agg(x.id) into ids from (
      select o.id from rolecall.outbox o where o.subject = key order by o.id for update) x;
    perform rolecall.intake_v1(ids);
  end if;
  select h.* into entry from rolecall.outbox_history h where h.id = find_row.id;
  if entry.id is null then
    raise exception 'there is no outbox row %', id
      using errcode = 'P0002', hint = 'select id, subject, state from rolecall.outbox_all shows what there is.';
  end if;
  perform from rolecall.lanes l where l.subject = entry.subject for update;
  return entry;
end $$;
comment on function rolecall.find_row(bigint) is
  'The outbox row of that id, taken in, with its lane locked. Raises P0002 when there is none, '
  '55000 when no worker knows its subject yet, 55P03 when its lane is locked for 2 s.';

create or replace function rolecall.newest_id(subject text) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  found_id bigint;
begin
  select coalesce((select o.id from rolecall.outbox o where o.subject = newest_id.subject
                    order by o.version desc limit 1),
                  (select l.wanted_id from rolecall.lanes l where l.subject = newest_id.subject)) into found_id;
  if found_id is null then
    raise exception 'nothing was ever enqueued for subject %', subject
      using errcode = 'P0002', hint = 'select distinct subject from rolecall.outbox_all shows what there is.';
  end if;
  return found_id;
end $$;
comment on function rolecall.newest_id(text) is
  'The outbox id of a subject''s newest version. Raises P0002 when it has none.';

create or replace function rolecall.fate_of(entry rolecall.outbox_history, lane rolecall.lanes) returns text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  newest bigint := coalesce((select o.id from rolecall.outbox o
                              where o.subject = entry.subject and o.version > entry.version
                              order by o.version desc limit 1), lane.wanted_id);
begin
  if entry.version = lane.leased_version then
    return 'in flight';
  elsif entry.version < lane.wanted_version or newest <> entry.id then
    if entry.version = lane.delivered_version or exists (
        select from rolecall.outbox_attempts a
         where a.subject = entry.subject and a.version = entry.version and a.outcome = 'delivered') then
      return 'settled';
    end if;
    return 'superseded by ' || newest;
  elsif lane.state = 'idle' and lane.ended <> 'cancelled' then
    return 'settled';
  end if;
  return null;
end $$;
comment on function rolecall.fate_of(rolecall.outbox_history, rolecall.lanes) is
  'in flight, settled or superseded by <id> where an operator can change nothing any more; '
  'null where he can.';

create or replace function rolecall.requeue(subject text) returns void
language sql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  with stopped as materialized (  -- what is due already has waited; what stopped waits as if it were new
    select l.subject, rolecall.first_unmet_v1(l.waits_for, l.organization_id) as unmet
      from rolecall.lanes l
     where l.subject = $1 and l.state in ('held', 'dead', 'idle') and l.priority > 0)
  update rolecall.lanes l
     set state = 'due', ended = null, attempts = 0, leases = 0,
         state_since = case when l.state = 'due' then l.state_since else clock_timestamp() end,
         next_attempt_at = clock_timestamp(),
         waits_on = case when l.state = 'due' then l.waits_on else (x.unmet).subject end,
         waits_version = case when l.state = 'due' then l.waits_version else (x.unmet).version end,
         wait_until = case when (x.unmet).subject is not null
                           then clock_timestamp() + c.wait_bound_ms * interval '1 ms' else l.wait_until end,
         up_seconds_left = c.up_seconds_allowed, up_seconds_mark = rolecall.up_seconds_v1()
    from rolecall.provider_control c left join stopped x on true
   where l.subject = $1 and l.state in ('due', 'held', 'dead', 'idle') and l.wanted_version > l.delivered_version
$$;
comment on function rolecall.requeue(text) is
  'Makes a lane due now, or when what it waits for is delivered, with all its attempts and time '
  'before it again.';
