-- hold, release, cancel: stop a version, let it go, or end it.
-- Called by:  operators.
-- Relies on:  lanes_pkey; settle honours what is asked of a leased lane.
-- Holds:      I5: a cancelled version has its name and reason in the audit log, and stays in
--             attention. Idempotent.
create or replace function rolecall.hold(id bigint, reason text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  entry rolecall.outbox_history := rolecall.find_row(hold.id);
  lane rolecall.lanes;
  answer text;
begin
  perform rolecall.require_reason(hold.reason);
  select l.* into lane from rolecall.lanes l where l.subject = entry.subject;
  answer := rolecall.fate_of(entry, lane);
  if entry.version = lane.wanted_version and lane.state = 'leased' then
    answer := rolecall.request(entry.subject, 'hold', hold.reason);
  elsif answer is null and lane.state = 'held' then
    answer := 'already held';
  elsif answer is null and lane.state = 'idle' then
    answer := 'cancelled before';
  elsif answer is null then
    update rolecall.lanes l set state = 'held', state_since = clock_timestamp(), failure_class = null, failure_code = 'held_by_operator',
           failure_detail = hold.reason, failure_at = clock_timestamp()
     where l.subject = entry.subject;
    answer := 'held';
  end if;
  if answer in ('held', 'requested') then
    perform rolecall.audit(entry.organization_id, entry.subject, entry.version, 'hold', hold.reason,
                           jsonb_build_object('outbox_id', hold.id, 'was', lane.state));
  end if;
  return answer;
end $$;
comment on function rolecall.hold(bigint, text) is
  'Stops one version: held, requested (in flight: held if it is not delivered), already held,'
  ' settled, superseded by <id>, cancelled before. A newer version of the subject goes on.';

create or replace function rolecall.release(id bigint) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  entry rolecall.outbox_history := rolecall.find_row(release.id);
  lane rolecall.lanes;
  answer text;
begin
  select l.* into lane from rolecall.lanes l where l.subject = entry.subject;
  perform rolecall.refuse_guarded(entry, lane);
  answer := rolecall.fate_of(entry, lane);
  if entry.version = lane.wanted_version and lane.requested = 'hold' then
    update rolecall.lanes l set requested = null, requested_version = null, requested_reason = null
     where l.subject = entry.subject;
    answer := 'released';
  elsif answer is null and lane.state = 'held' then
    perform rolecall.requeue(entry.subject);
    perform rolecall.wake_workers();
    answer := 'released';
  elsif answer is null then
    answer := 'not held';
  end if;
  if answer = 'released' then
    perform rolecall.audit(entry.organization_id, entry.subject, entry.version, 'release',
      rolecall.request_reason(), jsonb_build_object('outbox_id', release.id, 'was', lane.state));
  end if;
  return answer;
end $$;
comment on function rolecall.release(bigint) is
  'Lets a held version go on: released, not held, in flight, settled, or superseded by <id>. '
  'Raises 55000 for what the mass-revoke guard holds: rolecall.approve_hold.';

create or replace function rolecall.cancel(id bigint, reason text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  entry rolecall.outbox_history := rolecall.find_row(cancel.id);
  lane rolecall.lanes;
  answer text;
begin
  perform rolecall.require_reason(cancel.reason);
  select l.* into lane from rolecall.lanes l where l.subject = entry.subject;
  if lane.wanted_version = lane.delivered_version then  -- what waits is no version of ours
    perform rolecall.refuse_guarded(entry, lane);
  end if;
  answer := rolecall.fate_of(entry, lane);
  if entry.version = lane.wanted_version and lane.state = 'leased' then
    answer := rolecall.request(entry.subject, 'cancel', cancel.reason);
  elsif answer is null and lane.state = 'idle' then
    answer := 'already cancelled';
  elsif answer is null then
    update rolecall.lanes l set state = 'idle', ended = 'cancelled', state_since = clock_timestamp(),
           waits_on = null, waits_version = null, look_after = null,
           failure_class = null, failure_code = 'cancelled_by_operator',
           failure_detail = cancel.reason, failure_at = clock_timestamp()
     where l.subject = entry.subject;
    answer := 'cancelled';
  end if;
  if answer in ('cancelled', 'requested') then
    perform rolecall.audit(entry.organization_id, entry.subject, entry.version, 'cancel', cancel.reason,
                           jsonb_build_object('outbox_id', cancel.id, 'was', lane.state));
  end if;
  return answer;
end $$;
comment on function rolecall.cancel(bigint, text) is
  'Ends a version that was not delivered: cancelled, requested (in flight: cancelled if it is'
  ' not delivered), already cancelled, settled, superseded by <id>. It stays in '
  'rolecall.attention until something newer comes; retry takes it back (to be held, where the guard '
  'held it). Raises 55000 where the mass-revoke guard holds what WorkOS showed: there is nothing to cancel.';

create or replace function rolecall.hold(subject text, reason text) returns text
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select rolecall.hold(rolecall.newest_id($1), $2)
$$;
comment on function rolecall.hold(text, text) is 'hold of a subject''s newest version.';
create or replace function rolecall.release(subject text) returns text
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select rolecall.release(rolecall.newest_id($1))
$$;
comment on function rolecall.release(text) is 'release of a subject''s newest version.';
create or replace function rolecall.cancel(subject text, reason text) returns text
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select rolecall.cancel(rolecall.newest_id($1), $2)
$$;
comment on function rolecall.cancel(text, text) is 'cancel of a subject''s newest version.';

create or replace function rolecall.request(subject text, wish text, reason text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  update rolecall.lanes l set requested = request.wish, requested_version = l.wanted_version, requested_reason = request.reason
   where l.subject = request.subject;
  return 'requested';
end $$;
comment on function rolecall.request(text, text, text) is
  'Asks hold or cancel of a leased lane; settle honours it.';

create or replace function rolecall.require_reason(reason text) returns void
language plpgsql immutable as $$
begin
  if coalesce(btrim(reason), '') = '' then
    raise exception 'a reason is needed' using errcode = '22023', hint = 'It is kept in rolecall.audit_log and shown by rolecall.explain.';
  end if;
end $$;
comment on function rolecall.require_reason(text) is 'Raises 22023 for an empty reason.';
