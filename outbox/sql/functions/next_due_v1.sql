-- next_due_v1: is there work now, and if not, when?
-- Called by:  PgStore::next_due, once a second by an idle worker.
-- Relies on:  schedules_pkey, outbox_order, look_requests, lanes_due, lanes_waiting_until, observed_reduce, observed_verify: a few
--             probes in all.
-- Holds:      I12: what is due is found within a second, even if no notification came.
create or replace function rolecall.next_due_v1(worker bigint, kinds text[] default rolecall.known_kinds())
returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  gate record;
  lane timestamptz;      -- when the next lane is due
  sendable timestamptz;  -- when the next lane or read may be sent
  other timestamptz;     -- when something is due that needs no call
  unread timestamptz;    -- when the first read is due that nobody has begun
  next timestamptz;
begin
  perform rolecall.session_lives_v1(worker);
  select g.* into gate from rolecall.provider_gate_v1() g;
  unread := (select o.verify_at from rolecall.observed o
              where o.verify_at is not null and (o.reading_until is null or o.reading_until < moment)
              order by o.verify_at limit 1);
  lane := (select min(x.at) from (
    select (select l.next_attempt_at from rolecall.lanes l
             where l.state = 'due' and l.waits_on is null and l.look_after is null
               and l.priority = p.priority and l.kind = any (kinds)
             order by l.next_attempt_at limit 1) as at
      from (values (0::smallint), (1::smallint), (2::smallint)) p (priority)) x);
  sendable := least(lane, unread,
    -- those before it are being read: few, and free again when their readers are late
    (select min(greatest(o.verify_at, o.reading_until)) from rolecall.observed o
      where o.verify_at < coalesce(unread, 'infinity') and o.reading_until >= moment));
  if gate.mode = 'paused' then
    sendable := null;
  elsif gate.mode <> 'up' and sendable is not null then
    sendable := greatest(sendable, moment + gate.next_probe_ms * interval '1 ms');
  end if;
  other := least(
    (select moment from rolecall.outbox limit 1),
    (select moment from rolecall.look_requests limit 1),
    (select o.reduce_due_at + rolecall.read_ahead_v1() from rolecall.observed o
      where o.reduce_due_at is not null order by o.reduce_due_at limit 1),
    (select l.wait_until from rolecall.lanes l where l.waits_on is not null order by l.wait_until limit 1));
  -- an operator may have written infinity, never due, or -infinity, due at once: no interval holds them
  next := greatest(nullif(least(sendable, other), 'infinity'),
                   case when least(sendable, other) < moment then moment end);
  return jsonb_build_object(
    'work_now', coalesce(next <= moment, false),
    'only_reads', coalesce(next <= moment, false) and coalesce(least(lane, other) > moment, true),
    'next_due_ms', case when next is not null then
       greatest(0, ceil(1000 * extract(epoch from next - moment))::bigint) end,
    'others_hold_leases', exists (select from rolecall.lease_holders_v1() h (id)
                                   where h.id is distinct from next_due_v1.worker),
    'pull_in_ms', (select greatest(0, ceil(1000 * extract(epoch from s.due_at - moment)))::bigint
                     from rolecall.schedules s cross join rolecall.stream_v1() t
                    where s.name = 'pull_events' and t.flows and (s.leased_by is null or s.lease_expires_at < moment)),
    'reconcile_in_ms', (select greatest(0, ceil(1000 * extract(epoch from s.due_at - moment)))::bigint
                          from rolecall.schedules s
                         where s.name = 'reconcile' and s.enabled and (s.leased_by is null or s.lease_expires_at < moment)),
    'provider', gate.mode);
end $$;
comment on function rolecall.next_due_v1(bigint, text[]) is
  'Whether there is work of the given kinds now, whether that is only to read, and the milliseconds until there is.';
