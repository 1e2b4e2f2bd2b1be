-- maintain_v1: sends that aged out, events applied long ago, sessions long gone. Answers how many things it did.
-- Called by:  PgStore::maintain, each minute; the schedule's row lets one worker through.
-- Relies on:  sends_by_age, sends_by_subject, observed_pkey, inbox_applied, worker_sessions.
-- Holds:      a send is forgotten only when it can no longer be applied; what an event told of a member, never.
create or replace function rolecall.maintain_v1(worker bigint) returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  done int := 0;
  n int;
  aged text[];
  over timestamptz;
  shown timestamptz;
begin
  perform from rolecall.schedules s
    where s.name = 'maintain' and s.enabled and s.due_at <= clock_timestamp() for update skip locked;
  if not found then
    return 0;
  end if;
  -- An unanswered request older than the window can no longer be applied; the reducer may now
  -- confirm.
  select clock_timestamp() - c.send_window_ms * interval '1 ms' - interval '1 min',
         -- with the stream on, its event may still be to come
         case when t.flows then t.pulled_at - c.send_window_ms * interval '1 ms' - interval '1 min' else 'infinity' end
    into over, shown from rolecall.provider_control c cross join rolecall.stream_v1() t;
  aged := array(
    select distinct x.subject from (
      select s.subject from rolecall.sends s where s.leased_at < over and s.leased_at < shown
       order by s.leased_at limit 10000) x);
  -- facts before sends, as the reducer locks them; what it has just now waits for the next minute
  aged := array(select x.subject from rolecall.observed x where x.subject = any (aged) order by x.subject for update skip locked)
       || array(select u from unnest(aged) u where not exists (select from rolecall.observed x where x.subject = u));
  with old as materialized (
    select s.id from rolecall.sends s
     where s.subject = any (aged) and s.leased_at < over and s.leased_at < shown
       and not exists (select from rolecall.lanes l where l.subject = s.subject and l.lease_token = s.lease_token)
     for update skip locked),
  gone as (
    delete from rolecall.sends s using old where s.id = old.id returning s.subject)
  select array_agg(distinct gone.subject), count(*) into aged, n from gone;
  update rolecall.observed o set reduce_due_at = clock_timestamp() where o.subject = any (aged);
  done := done + n;
  with old as materialized (
    select i.seq from rolecall.inbox i where i.applied_at < clock_timestamp() - interval '30 days'
     order by i.applied_at limit 10000 for update skip locked),
  gone as (
    delete from rolecall.inbox i using old where i.seq = old.seq returning i.*),
  kept as (  -- what members were at WorkOS, and when roles ended, outlives its events
    insert into rolecall.effective_states (
      subject, organization_id, since, present, incarnation, incarnation_created_at, status, roles, source, actor,
      event_id, event_seq, recorded_at)
    select t.subject, t.organization_id, t.since, t.present, t.incarnation, t.incarnation_created_at, t.status, t.roles,
           t.source, t.actor, t.event_id, t.event_seq, t.recorded_at
      from gone g cross join lateral rolecall.state_told_v1(g) t
     where g.subject is not null and t.since is not null order by t.event_seq)
  select count(*) into n from gone;
  done := done + n;
  -- organizations that were never linked are somebody else's
  with old as materialized (
    select i.seq from rolecall.inbox i
     where i.seq in (select j.seq from rolecall.inbox j order by j.seq limit 10000)
       and i.applied_at is null and i.organization_id is null and i.workos_organization_id is not null
       and i.received_at < clock_timestamp() - interval '30 days' for update skip locked)
  delete from rolecall.inbox i using old where i.seq = old.seq;
  get diagnostics n = row_count;
  done := done + n;
  delete from rolecall.worker_sessions w where w.retired_at < clock_timestamp() - interval '7 days';
  get diagnostics n = row_count;
  done := done + n;
  update rolecall.schedules s
     set due_at = clock_timestamp() + s.every_ms * interval '1 ms', last_run_at = clock_timestamp(),
         last_result = 'ok, ' || done || ' done'
   where s.name = 'maintain';
  return done;
end $$;
comment on function rolecall.maintain_v1(bigint) is
  'Upkeep: sends that aged out; events of long ago, of which effective_states keeps what members were; sessions long gone.';
