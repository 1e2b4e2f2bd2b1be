-- retry, retry_dead: try again now what stopped, or what waits for its next attempt.
-- Called by:  operators; `rolecall retry`.
-- Relies on:  lanes_pkey, lanes_stopped; wake_workers.
-- Holds:      C5: nothing that something newer replaced ever comes back. Idempotent, audited.
create or replace function rolecall.retry(id bigint) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  entry rolecall.outbox_history;
  lane rolecall.lanes;
  newest bigint;
  answer text;
begin
  select rolecall.newest_id(o.subject) into newest from rolecall.outbox o where o.id = retry.id;
  if found then  -- no worker has taken it in yet
    perform rolecall.wake_workers();
    return case when newest = retry.id then 'already due' else 'superseded by ' || newest end;
  end if;
  entry := rolecall.find_row(retry.id);
  select l.* into lane from rolecall.lanes l where l.subject = entry.subject;
  answer := rolecall.fate_of(entry, lane);
  if answer is null and lane.state = 'due' and (lane.waits_on is not null or lane.look_after is not null
                                                or lane.next_attempt_at <= clock_timestamp()) then
    answer := 'already due';
  end if;
  if answer is null then
    perform rolecall.requeue(entry.subject);
    answer := 'requeued';
    perform rolecall.audit(entry.organization_id, entry.subject, entry.version, 'retry',
      rolecall.request_reason(), jsonb_build_object('outbox_id', retry.id, 'was', lane.state));
  end if;
  if answer in ('requeued', 'already due') then
    perform rolecall.wake_workers();
  end if;
  return answer;
end $$;
comment on function rolecall.retry(bigint) is
  'Makes an outbox row due now: requeued, already due, in flight, settled, or superseded by '
  '<id>. Raises P0002 for an unknown id, 55P03 when its lane is locked.';

create or replace function rolecall.retry(subject text) returns text
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select rolecall.retry(rolecall.newest_id($1))
$$;
comment on function rolecall.retry(text) is 'retry of a subject''s newest version.';

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
