-- start_events, replay_organization, skip_event, retry_event: what operators do about the stream of WorkOS's events.
-- Called by:  operators.
-- Relies on:  event_stream, workos_organization_syncs_pkey, inbox's unique (event_id, family), subjects_by_object;
--             enter_member.
-- Holds:      idempotent, audited; an event is passed over by a named person only, and WorkOS is looked at for it.
create or replace function rolecall.start_events(since timestamptz default null) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
declare
  moment timestamptz := clock_timestamp();
  start timestamptz := coalesce(since, moment);
  looks bigint;
begin
  if not isfinite(start) or start > moment or start < moment - rolecall.events_kept_v1() then
    raise exception 'events cannot be read from %', start
      using errcode = '22023', hint = 'WorkOS keeps them for 30 days: give a time of the last 29, or none to begin now.';
  end if;
  perform from rolecall.schedules s where s.name = 'pull_events' for update;
  update rolecall.event_stream e
     set started_from = start, pulled_at = null, failing_since = null, gap_since = null, gap_reason = null,
         refused_types = '{}';  -- asked for again: a newer WorkOS, or another key, may know them
  delete from rolecall.workos_user_syncs;
  update rolecall.schedules s
     set enabled = true, due_at = moment, leased_by = null, lease_expires_at = null where s.name = 'pull_events';
  -- what the stream did not tell, WorkOS is asked; a read then waits until the stream has reached past it
  with due as (
    update rolecall.observed o set verify_at = moment, verify_reason = coalesce(o.verify_reason, 'events_started')
     where o.subject in (
       select x.subject from rolecall.observed x
        where (x.verify_at is null or x.verify_at > moment) and x.pending_read is null order by x.subject for update)
    returning 1)
  select count(*) into looks from due;
  perform rolecall.audit(null, null, null, 'start_events', rolecall.request_reason(),
                         jsonb_build_object('since', start, 'looks', looks));
  perform rolecall.wake_workers();
  return format('events are read from %s; %s subjects are looked at', to_char(start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), looks);
end $$;
comment on function rolecall.start_events(timestamptz) is
  'Switches the pull of events on, from a time of the last 29 days (null: from now), also after a gap; everything '
  'known is looked at once, in the background. Members who joined in a gap are found by their next event or login. '
  'Raises 22023 (since).';

create or replace function rolecall.replay_organization(organization_id text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  workos_id text;
  parked rolecall.workos_organization_syncs;
begin
  select g.workos_organization_id into workos_id from rolecall.organizations g where g.id = replay_organization.organization_id;
  if workos_id is null then
    raise exception 'organization % is not known, or not linked to WorkOS', replay_organization.organization_id
      using errcode = 'P0002', hint = 'rolecall.upsert_organization(id, name, workos_organization_id) links it.';
  end if;
  select * into parked from rolecall.workos_organization_syncs r where r.workos_organization_id = workos_id for update;
  if parked.workos_organization_id is null then
    return 'nothing to replay';
  end if;
  if parked.parked_at is not null and not exists (
      select from rolecall.inbox i where i.seq = parked.parked_seq and i.problem is not null) then
    perform rolecall.unpark_v1(workos_id);  -- it can be read: what is in the inbox is tried again at once
  elsif parked.parked_at is null then
    update rolecall.observed o set reduce_due_at = clock_timestamp()
     where o.subject in (select x.subject from rolecall.observed x
        where x.organization_id = replay_organization.organization_id and exists (
          select from rolecall.inbox i where i.subject = x.subject and i.applied_at is null)
        order by x.subject for update);
  end if;
  update rolecall.workos_organization_syncs r
     set replay_asked_at = clock_timestamp(), replayed_to = parked.last_event_id where r.workos_organization_id = workos_id;
  update rolecall.schedules s set due_at = clock_timestamp() where s.name = 'pull_events' and s.due_at > clock_timestamp();
  perform rolecall.audit(replay_organization.organization_id, null, null, 'replay_organization', rolecall.request_reason(),
                         jsonb_build_object('after', parked.last_event_id, 'was_parked', parked.parked_reason));
  perform rolecall.wake_workers();
  return case when exists (select from rolecall.schedules s where s.name = 'pull_events' and s.enabled) then 'replaying'
              else 'waits until pull_events is switched on' end;
end $$;
comment on function rolecall.replay_organization(text) is
  'Applies what waits in the inbox for the organization, and reads its events again from its own cursor: after the '
  'cause of a parked event was repaired, or a newer program reads it. Answers replaying, nothing to replay, or waits '
  'until pull_events is switched on (enable_schedule). Raises P0002.';

create or replace function rolecall.waiting_event(event_id text) returns rolecall.inbox
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  e rolecall.inbox;
begin
  select * into e from rolecall.inbox i where i.event_id = waiting_event.event_id
   order by i.applied_at is not null, i.problem is null, i.seq limit 1 for update;
  if e.seq is null then
    raise exception 'there is no event %', waiting_event.event_id using errcode = 'P0002',
      hint = 'select event_id, type, problem from rolecall.attention names those that cannot be applied.';
  end if;
  return e;
end $$;
comment on function rolecall.waiting_event(text) is 'The row of the inbox that an operator means. Raises P0002.';

create or replace function rolecall.skip_event(event_id text, reason text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  e rolecall.inbox := rolecall.waiting_event(skip_event.event_id);
  about text[];
begin
  perform rolecall.require_reason(skip_event.reason);
  if e.applied_at is not null then
    return 'applied already: ' || e.outcome;
  end if;
  with skipped as (
    update rolecall.inbox i set applied_at = clock_timestamp(), outcome = 'skipped'
     where i.event_id = skip_event.event_id and i.applied_at is null
    returning i.object_key)
  select array_agg(k.object_key) into about from skipped k;
  -- what it would have told, WorkOS is asked
  update rolecall.observed o set verify_at = clock_timestamp(), verify_reason = 'skipped_event'
   where o.subject in (
     select x.subject from rolecall.observed x
      where x.subject in (select s.subject from rolecall.subjects s where s.object_key = any (about))
      order by x.subject for update);
  if e.family = 'member' and e.name <> '' then  -- somebody nobody knew may have joined by it
    perform rolecall.enter_member(g, e.name, (select u.id from rolecall.users u where u.workos_user_id = e.name),
                                  null, clock_timestamp(), 'request')
       from rolecall.organizations g
      where g.id = e.organization_id and not exists (select from rolecall.subjects s where s.object_key = e.object_key);
  end if;
  if e.workos_organization_id is not null then
    perform rolecall.unpark_v1(e.workos_organization_id);
  end if;
  perform rolecall.audit(e.organization_id, e.subject, null, 'skip_event', skip_event.reason,
                         jsonb_build_object('event', e.event_id, 'type', e.type, 'problem', e.problem));
  perform rolecall.wake_workers();
  return 'skipped';
end $$;
comment on function rolecall.skip_event(text, text) is
  'Passes over an event that can never be applied; what comes after it goes on, and WorkOS is read for what it was '
  'about, also for a member whom nobody knew (a role that nobody knew comes with the next reconciliation, who was '
  'never adopted with that; an organization that is not linked is not read). Answers '
  'skipped or applied already. Raises P0002, 22023 (reason).';

create or replace function rolecall.can_be_retried(e rolecall.inbox) returns boolean
language sql immutable as $$
  -- where it is not known what it showed, it would be taken for something else
  select $1.family in ('user', 'environment_role') and $1.name <> '' and not ($1.family = 'user' and $1.shown = '{}')
$$;
comment on function rolecall.can_be_retried(rolecall.inbox) is 'Whether retry_event takes this event.';

create or replace function rolecall.retry_event(event_id text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  e rolecall.inbox := rolecall.waiting_event(retry_event.event_id);
begin
  if e.applied_at is not null then
    return 'applied already: ' || e.outcome;
  elsif not rolecall.can_be_retried(e) then
    raise exception 'event % (%) is not tried again as it stands', e.event_id, e.type
      using errcode = '55000',
        hint = 'rolecall.replay_organization reads an organization''s again from WorkOS; rolecall.skip_event passes over it.';
  end if;
  update rolecall.inbox i set problem = null where i.seq = e.seq;
  update rolecall.schedules s set due_at = clock_timestamp() where s.name = 'pull_events' and s.due_at > clock_timestamp();
  perform rolecall.audit(e.organization_id, e.subject, null, 'retry_event', rolecall.request_reason(),
                         jsonb_build_object('event', e.event_id, 'type', e.type, 'problem', e.problem));
  perform rolecall.wake_workers();
  return 'tried again';
end $$;
comment on function rolecall.retry_event(text) is
  'Tries an event of a user or an environment role again, after what was in its way was repaired. Answers tried '
  'again or applied already. Raises P0002, 55000 (one that could not be read, or of an organization: it is read again, or passed over).';
