-- guard_reduction_v1, guard_over_v1: the mass-revoke guard before what the reducer takes away.
-- Called by:  guard_reductions_v1, and reduce_apply_v2 last, under the subject's locks; hold_code_v1 by
--             settle_lanes_v1 and free_lanes_v1.
-- Relies on:  guard_holds_pkey, guard_holds_by_organization, lanes_pkey, observed_pkey; guard_weigh.
-- Holds:      nothing is lost here before a person agreed, once too much would be; the fact waits in
--             observed.pending_read, and WorkOS is looked at again until it is over. Never waits: who
--             does not get the organization's lock comes again.
create or replace function rolecall.guard_reduction_v1(reduction jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  key text := reduction ->> 'subject';
  adopted jsonb := nullif(reduction -> 'adopted_desired', 'null');
  held rolecall.guard_holds;
  s rolecall.subjects;
  lane rolecall.lanes;
  lost int := 0;
  waiting int;
  weighed record;
begin
  select h.* into held from rolecall.guard_holds h
   where h.subject = key and h.source = 'reducer' for update skip locked;
  if not found and exists (select from rolecall.guard_holds h where h.subject = key and h.source = 'reducer') then
    return rolecall.guard_wait_v1(key, interval '200 ms', null);  -- an operator approves it now
  end if;
  select x.* into s from rolecall.subjects x where x.subject = key;
  if adopted is not null then
    lost := rolecall.revoked_by(s, coalesce(nullif(reduction ->> 'adopted_kind', ''), s.kind), adopted);
  end if;
  if lost = 0 then
    return true;
  end if;
  select l.* into lane from rolecall.lanes l where l.subject = key;
  if held.version = lane.wanted_version and held.approved_at is not null then
    return true;  -- and is not counted: a person said so
  elsif lane.state = 'held' and exists (
      select from rolecall.guard_holds h where h.subject = key and h.version = lane.wanted_version and h.held) then
    return rolecall.guard_wait_v1(key, null, rolecall.guard_look_again_v1());
  elsif not pg_try_advisory_xact_lock(7074, rolecall.guard_key(s.organization_id, 'reducer')) then
    return rolecall.guard_wait_v1(key, interval '200 ms', null);
  end if;
  waiting := rolecall.guard_waiting_v1(s.organization_id);
  select w.* into weighed
    from rolecall.guard_weigh(s.organization_id, 'reducer', case when waiting is null then lost else 0 end) w;
  if not weighed.too_many and waiting is null then
    return true;
  elsif waiting is not null then
    weighed.revoked := least(waiting + lost, weighed.assignments);
  end if;
  perform rolecall.guard_wait_v1(key, null, rolecall.guard_look_again_v1());
  if not exists (select from rolecall.outbox o where o.subject = key) then
    lane := rolecall.guard_lane_v1(s, lane);
  end if;
  if lane.subject is null or lane.wanted_version < s.version
      or (lane.state = 'due' and lane.look_after is null) then
    return false;  -- a change made here is on its way and is not held: it is said, and then looked at again
  end if;
  delete from rolecall.guard_holds h where h.subject = key and h.version <= lane.wanted_version;
  insert into rolecall.guard_holds (subject, version, organization_id, source, held, lost, revoked, assignments)
  values (key, lane.wanted_version, s.organization_id, 'reducer', true, lost, weighed.revoked, weighed.assignments);
  update rolecall.lanes l
     set state = 'held', ended = null, state_since = clock_timestamp(), failure_class = null,
         failure_code = 'mass_revoke', failure_status = null, failure_request_id = null,
         failure_detail = rolecall.guard_words('reducer', lost, weighed.revoked, weighed.assignments),
         failure_at = clock_timestamp()
   where l.subject = key and l.state <> 'held';
  perform rolecall.audit(s.organization_id, key, s.version, 'mass_revoke_held', null, jsonb_build_object(
    'source', 'reducer', 'lost', lost, 'revoked', weighed.revoked, 'assignments', weighed.assignments,
    'verdict', reduction #>> '{audit,0,verdict}', 'detail', reduction #>> '{audit,0,detail}'));
  return false;
end $$;
comment on function rolecall.guard_reduction_v1(jsonb) is
  'Whether a reduction may be written now; if not, its lane is held, or its facts wait for another time.';

-- A version that came from WorkOS was never said: it may have no lane, and has no outbox row. Where it is held, people
-- see it and name it by both.
create or replace function rolecall.guard_lane_v1(s rolecall.subjects, lane rolecall.lanes) returns rolecall.lanes
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  entry bigint;
begin
  if lane.wanted_version is distinct from s.version and lane.subject is not null or exists (
      select from rolecall.outbox_history h where h.subject = s.subject and h.version = s.version) then
    return lane;
  end if;
  entry := nextval('rolecall.outbox_id_seq');
  insert into rolecall.outbox_history (
    id, organization_id, subject, version, kind, desired, waits_for, priority, enqueued_at, enqueued_by, reason)
  values (entry, s.organization_id, s.subject, s.version, s.kind, s.desired, '{}', 2, s.updated_at, rolecall.actor(),
          'taken over from WorkOS');
  insert into rolecall.lanes as l (
    subject, organization_id, kind, priority, state, ended, wanted_version, wanted_id, owed_since_id, delivered_version,
    enqueued_at, desired, next_attempt_at)
  values (s.subject, s.organization_id, s.kind, 2, 'idle', 'observed', s.version, entry, entry, s.version,
          s.updated_at, s.desired, clock_timestamp())
  on conflict (subject) do update set wanted_id = excluded.wanted_id
  returning l.* into lane;
  return lane;
end $$;
comment on function rolecall.guard_lane_v1(rolecall.subjects, rolecall.lanes) is
  'Part of guard_reduction_v1: the lane of a subject, made where there is none, with an outbox row of its newest version.';

create or replace function rolecall.guard_waiting_v1(organization_id text) returns int
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  -- the newest of them knows how many there were; offset 0: one look-up by key, for as few as can be
  return (select h.revoked from rolecall.guard_holds h
           cross join lateral (
             select from rolecall.lanes l
              where l.subject = h.subject and l.wanted_version = h.version and l.state = 'held' offset 0) l
           where h.organization_id = $1 and h.source = 'reducer' and h.held and h.approved_at is null
           order by h.revoked desc limit 1);
end $$;
comment on function rolecall.guard_waiting_v1(text) is
  'How many revocations it was with the newest of the reducer''s that waits for approval there; null: '
  'none does. While one does, every other one waits too.';

create or replace function rolecall.guard_look_again_v1() returns interval
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select c.guard_window_ms / 6 * interval '1 ms' from rolecall.provider_control c
$$;
comment on function rolecall.guard_look_again_v1() is
  'How long until WorkOS is looked at again: what was a mistake there ends by itself.';

create or replace function rolecall.guard_wait_v1(subject text, reduce_in interval, read_in interval)
returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  update rolecall.observed o
     set reduce_due_at = clock_timestamp() + reduce_in, reading_until = null,
         verify_at = case when read_in is null then o.verify_at
                          when o.verify_reason = 'mass_revoke' and o.verify_at > clock_timestamp()
                          then least(o.verify_at, clock_timestamp() + read_in)  -- not put off by each event and pull
                          else clock_timestamp() + read_in end,
         verify_reason = case when read_in is null then o.verify_reason else 'mass_revoke' end
   where o.subject = guard_wait_v1.subject;
  return false;
end $$;
comment on function rolecall.guard_wait_v1(text, interval, interval) is
  'Leaves a subject''s facts as they are, to be reduced or read again later; null: not by itself.';

create or replace function rolecall.guard_over_v1(reduction jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  key text := reduction ->> 'subject';
  held rolecall.guard_holds;
  over boolean := coalesce((reduction ->> 'lane_observed')::boolean, false)
    or coalesce((reduction ->> 'lane_cancelled')::boolean, false)
    or coalesce((reduction ->> 'look_over')::boolean, false)
    or nullif(reduction -> 'next', 'null') is not null
    or nullif(reduction -> 'adopted_desired', 'null') is not null;
begin
  select h.* into held from rolecall.guard_holds h where h.subject = key and h.source = 'reducer';
  if not found then
    return;
  elsif not over and coalesce((reduction ->> 'read_waits')::boolean, false) then
    return;  -- the stream makes it due: a newer read would wait for the stream again
  elsif not over then  -- nothing was seen that decides
    update rolecall.observed o
       set verify_at = clock_timestamp() + case when held.approved_at is null then rolecall.guard_look_again_v1()
                                                else interval '0' end,
           verify_reason = 'mass_revoke'
     where o.subject = key;
    return;
  end if;
  delete from rolecall.guard_holds h where h.subject = key and h.source = 'reducer';
  if held.approved_at is null then
    perform rolecall.audit(held.organization_id, key, held.version, 'mass_revoke_over', null,
                           jsonb_build_object('source', 'reducer', 'lost', held.lost));
  end if;
  -- an end or a new version has freed the lane; what it still owes goes on
  perform rolecall.requeue(l.subject) from rolecall.lanes l
    where l.subject = key and l.state = 'held' and l.failure_code = 'mass_revoke'
      and l.wanted_version > l.delivered_version;
  update rolecall.lanes l set state = 'idle', ended = 'delivered', state_since = clock_timestamp()
   where l.subject = key and l.state = 'held' and l.failure_code = 'mass_revoke';
end $$;
comment on function rolecall.guard_over_v1(jsonb) is
  'Ends what the guard held of a subject: approved and done, or WorkOS shows it again.';

create or replace function rolecall.hold_code_v1(subject text, version bigint) returns text
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select case when exists (select from rolecall.guard_holds h
                            where h.subject = $1 and h.version = $2 and h.held)
              then 'mass_revoke' else 'held_by_operator' end
$$;
comment on function rolecall.hold_code_v1(text, bigint) is
  'Who asked that a leased version be held: the guard, or an operator.';
