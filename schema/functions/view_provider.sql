-- provider, workers, schedules_status: who works, on what, and whether WorkOS answers.
-- Called by:  people, `rolecall status`, /readyz, metrics.
-- Relies on:  one-row tables, lanes_leased, worker_sessions.
-- Holds:      nothing; they only show.
create or replace view rolecall.provider as
select case when c.paused_at is not null then 'paused' else s.state end as state,
       coalesce(c.paused_at, s.since) as since, s.probe_at as next_probe, s.failures, s.probes, s.detail,
       c.paused_at, c.paused_by, c.pause_reason, b.backlog,
       nullif(ceil(greatest(
         b.backlog * extract(epoch from rolecall.pace_v1(g, z, clock_timestamp())),
         b.members * extract(epoch from rolecall.pace_v1(u, y, clock_timestamp())))), 0)::bigint as drain_s,
       rolecall.up_seconds_v1() as up_seconds
  from rolecall.provider_control c
 cross join rolecall.provider_state s
  left join rolecall.provider_budgets u on u.class = 'um_write'
  left join rolecall.provider_pace y on y.class = 'um_write'
  left join rolecall.provider_budgets g on g.class = 'general'
  left join rolecall.provider_pace z on z.class = 'general'
 cross join lateral (select count(*) as backlog, count(*) filter (where x.kind like 'member.%') as members
                       from (select l.kind from rolecall.lanes l where l.state in ('due', 'leased')
                             union all select o.kind from rolecall.outbox o) x) b;
comment on view rolecall.provider is 'WorkOS as the workers see it; one row.';
comment on column rolecall.provider.state is
  'up, open (it does not answer), unauthorised (it refuses the key) or paused (by an operator).';
comment on column rolecall.provider.next_probe is 'When the next probe may leave; null: it is up.';
comment on column rolecall.provider.backlog is
  'Lanes that have something to say, and outbox rows not taken in yet.';
comment on column rolecall.provider.drain_s is
  'Seconds that the backlog takes at the pace of this moment, from when WorkOS answers: one call each, '
  'members at the pace of um_write and all at that of general, whichever takes longer. Null: nothing is due.';
comment on column rolecall.provider.since is 'Since when it is in that state.';

create or replace view rolecall.budgets as
select b.class, b.limit_calls, b.per_ms, b.share,
       round((1 / extract(epoch from rolecall.pace_v1(b, p, clock_timestamp())))::numeric, 1) as calls_per_s,
       round(rolecall.pace_factor_v1(p, clock_timestamp())::numeric, 3) as factor,
       case when p.quiet_until > clock_timestamp() and p.throttled > 0 then p.quiet_until end as quiet_until,
       case when p.throttled > 0 then p.slowed_at end as slowed_at, p.throttled
  from rolecall.provider_budgets b join rolecall.provider_pace p on p.class = b.class;
comment on view rolecall.budgets is
  'How fast all workers together may call WorkOS now, by rate class. '
  'UPDATE rolecall.provider_budgets changes limits and shares.';
comment on column rolecall.budgets.calls_per_s is 'Calls a second that are given out now.';
comment on column rolecall.budgets.factor is
  'The part of our share that is used: less than 1 for a while after WorkOS answered 429.';
comment on column rolecall.budgets.quiet_until is 'WorkOS asked for silence until then; null: it did not.';
comment on column rolecall.budgets.slowed_at is 'When 429 last slowed all workers; null: never.';
comment on column rolecall.budgets.throttled is 'Answers of 429 in all.';

create or replace view rolecall.workers as
select w.id, w.host, w.process_id, w.program_version, w.locks,
       case when w.retired_at is not null then 'retired' when w.suspect_since is not null then 'suspect' else 'live' end as state,
       w.opened_at, w.last_seen_at, w.retired_at, w.retired_because,
       (select count(*) from rolecall.lanes l where l.state = 'leased' and l.leased_by = w.id) as leases
  from rolecall.worker_sessions w;
comment on view rolecall.workers is
  'Worker sessions of the last 7 days: one per process and per reconnect.';
comment on column rolecall.workers.state is
  'live, suspect (its lock was free at a first look) or retired.';
comment on column rolecall.workers.leases is 'Lanes that it is saying now.';

create or replace view rolecall.schedules_status as
select s.name, s.enabled, s.every_ms, s.due_at, s.leased_by, s.last_run_at, s.last_result,
       s.enabled and s.due_at < now() - greatest(s.every_ms * interval '1 ms', interval '1 min') as overdue
  from rolecall.schedules s;
comment on view rolecall.schedules_status is 'Recurring work, when it ran and when it runs next.';
comment on column rolecall.schedules_status.overdue is
  'It should have run more than a period ago: no worker runs.';
