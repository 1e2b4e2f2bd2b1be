-- retry, retry_dead, reduce_again: try again now what stopped, or what waits for its next attempt.
-- Called by:  operators; `rolecall retry`.
-- Relies on:  lanes_pkey, lanes_stopped, observed_pkey; wake_workers.
-- Holds:      C5: nothing that something newer replaced ever comes back. Idempotent, audited.
create or replace function rolecall.reduce_again(subject text) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  update rolecall.observed o
     set reduce_due_at = clock_timestamp(), verify_at = coalesce(least(o.verify_at, clock_timestamp()), clock_timestamp()),
         verify_reason = coalesce(o.verify_reason, 'retry')
   where o.subject = reduce_again.subject and o.reduce_failure is not null and o.reduce_due_at is null;
  return found;
end $$;
comment on function rolecall.reduce_again(text) is
  'Lets the reducer try a subject again whose facts it could not take, and has WorkOS read anew.';

create or replace function rolecall.guard_holds_again(entry rolecall.outbox_history) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
begin
  update rolecall.lanes l
     set state = 'held', ended = null, state_since = clock_timestamp(), failure_class = null,
         failure_code = 'mass_revoke', failure_status = null, failure_request_id = null,
         failure_detail = rolecall.guard_words(h.source, h.lost, h.revoked, h.assignments), failure_at = clock_timestamp()
    from rolecall.guard_holds h
   where l.subject = entry.subject and l.ended = 'cancelled' and h.subject = l.subject and h.version = l.wanted_version
     and h.held and h.approved_at is null;
  return found;
end $$;
comment on function rolecall.guard_holds_again(rolecall.outbox_history) is
  'Part of retry: what was cancelled while the mass-revoke guard held it waits for approval again. False: it did not hold it.';

create or replace function rolecall.retry(id bigint) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  entry rolecall.outbox_history;
  lane rolecall.lanes;
  newest bigint;
  answer text;
  again boolean := false;
  untaken rolecall.outbox;
begin
  select o.* into untaken from rolecall.outbox o where o.id = retry.id;
  if found then  -- no worker has taken it in yet
    newest := rolecall.newest_id(untaken.subject);
    again := newest = retry.id and rolecall.reduce_again(untaken.subject);
    if again then
      perform rolecall.audit(untaken.organization_id, untaken.subject, untaken.version, 'retry',
        rolecall.request_reason(), jsonb_build_object('outbox_id', retry.id, 'was', 'reduce_failed'));
    end if;
    perform rolecall.wake_workers();
    return case when again then 'requeued' when newest = retry.id then 'already due'
                else 'superseded by ' || newest end;
  end if;
  entry := rolecall.find_row(retry.id);
  select l.* into lane from rolecall.lanes l where l.subject = entry.subject;
  perform rolecall.refuse_guarded(entry, lane);
  answer := rolecall.fate_of(entry, lane);
  if answer is null and lane.state = 'idle' and rolecall.guard_holds_again(entry) then
    perform rolecall.audit(entry.organization_id, entry.subject, entry.version, 'retry', rolecall.request_reason(),
      jsonb_build_object('outbox_id', retry.id, 'was', 'cancelled'));
    return 'held';
  end if;
  if answer is null and lane.state = 'due' and (lane.waits_on is not null or lane.look_after is not null
                                                or lane.next_attempt_at <= clock_timestamp()) then
    answer := 'already due';
  elsif answer is null and lane.state = 'leased' then
    answer := 'already due';  -- an older version is being said; this one follows at once
  end if;
  again := coalesce(answer, '') not like 'superseded by %' and rolecall.reduce_again(entry.subject);
  if answer is null then
    perform rolecall.requeue(entry.subject);
  end if;
  if answer is null or again then
    answer := 'requeued';
    perform rolecall.audit(entry.organization_id, entry.subject, entry.version, 'retry', rolecall.request_reason(),
      jsonb_build_object('outbox_id', retry.id, 'was', case when again then 'reduce_failed' else lane.state end));
  end if;
  if answer in ('requeued', 'already due') then
    perform rolecall.wake_workers();
  end if;
  return answer;
end $$;
comment on function rolecall.retry(bigint) is
  'Makes an outbox row due now, or its subject''s facts where the reducer could not take them: '
  'requeued, already due, in flight, settled, superseded by <id>, or held (cancelled while the mass-revoke guard held '
  'it: approve_hold). Raises P0002 for an unknown id, 55P03 when its lane is locked, '
  '55000 for what the mass-revoke guard holds.';

create or replace function rolecall.retry(subject text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  failed rolecall.observed;
begin
  select o.* into failed from rolecall.observed o
   where o.subject = retry.subject and o.reduce_failure is not null
     and not exists (select from rolecall.lanes l where l.subject = o.subject)
     and not exists (select from rolecall.outbox x where x.subject = o.subject);
  if not found then
    return rolecall.retry(rolecall.newest_id(retry.subject));
  elsif not rolecall.reduce_again(retry.subject) then  -- it came from WorkOS: no version of it was ever to be said
    return 'already due';
  end if;
  perform rolecall.audit(failed.organization_id, failed.subject, null, 'retry', rolecall.request_reason(),
    jsonb_build_object('was', 'reduce_failed'));
  perform rolecall.wake_workers();
  return 'requeued';
end $$;
comment on function rolecall.retry(text) is
  'retry of a subject''s newest version; of what only WorkOS told, and could not be taken, the reducer''s next try.';

create or replace function rolecall.retry_dead(
  organization_id text default null, failure_class text default null, max_rows int default 1000) returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  found_all bigint;
  taken text[];
  lane record;
begin
  select array_agg(x.subject) into taken from (
    select l.subject from rolecall.lanes l
     where l.state = 'dead'
       and (retry_dead.organization_id is null or l.organization_id = retry_dead.organization_id)
       and (retry_dead.failure_class is null or l.failure_class = retry_dead.failure_class)
     order by l.subject limit greatest(max_rows, 0) for update skip locked) x;
  for lane in select l.subject, l.organization_id, l.wanted_version, l.wanted_id
                from unnest(taken) u (subject) join rolecall.lanes l on l.subject = u.subject loop
    perform rolecall.requeue(lane.subject);
    perform rolecall.audit(lane.organization_id, lane.subject, lane.wanted_version, 'retry',
      rolecall.request_reason(), jsonb_build_object('outbox_id', lane.wanted_id, 'was', 'dead'));
  end loop;
  if taken is not null then
    perform rolecall.wake_workers();
  end if;
  select count(*) into found_all from rolecall.lanes l
   where l.state = 'dead'
     and (retry_dead.organization_id is null or l.organization_id = retry_dead.organization_id)
     and (retry_dead.failure_class is null or l.failure_class = retry_dead.failure_class);
  if found_all > 0 then
    raise notice '% more are dead: locked by somebody now, or beyond max_rows', found_all;
  end if;
  return coalesce(cardinality(taken), 0);
end $$;
comment on function rolecall.retry_dead(text, text, int) is
  'Requeues dead rows, optionally of one organization or one failure class; answers how many.'
  ' A notice tells how many are left.';
