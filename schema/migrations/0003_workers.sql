-- oldest program: 0.1.0
-- Workers, the provider (WorkOS) as all replicas share it, schedules, partitions and database roles.

create table rolecall.worker_sessions (
  id bigint generated always as identity primary key,
  locks boolean not null,
  program_version text not null,
  host text not null,
  process_id int not null,
  opened_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  suspect_since timestamptz,
  retired_at timestamptz,
  retired_because text check (retired_because in ('closed', 'lost', 'lease_time'))
);
create index worker_sessions_live on rolecall.worker_sessions (id) where retired_at is null;
comment on table rolecall.worker_sessions is 'One row per worker process and per reconnect. A session that ended is never revived.';
comment on column rolecall.worker_sessions.id is 'The key of its advisory lock (7071, id).';
comment on column rolecall.worker_sessions.locks is 'It holds that lock while it lives; false behind a transaction pooler: only lease time frees its lanes.';
comment on column rolecall.worker_sessions.program_version is 'Version of the program.';
comment on column rolecall.worker_sessions.host is 'For people.';
comment on column rolecall.worker_sessions.process_id is 'For people.';
comment on column rolecall.worker_sessions.opened_at is 'When it began.';
comment on column rolecall.worker_sessions.last_seen_at is 'When it last asked for work (about once a second).';
comment on column rolecall.worker_sessions.suspect_since is 'Its lock was free at a first look.';
comment on column rolecall.worker_sessions.retired_at is 'When it was found gone, or closed.';
comment on column rolecall.worker_sessions.retired_because is 'closed (drained), lost (its lock was free twice) or lease_time.';

create table rolecall.provider_control (
  id int primary key default 1 check (id = 1),
  paused_at timestamptz,
  paused_by text,
  pause_reason text,
  default_role_slug text not null default 'member',
  multiple_roles boolean not null default true,
  visibility_ms int not null default 30000 check (visibility_ms between 0 and 600000),
  send_window_ms int not null default 900000 check (send_window_ms between 1000 and 86400000),
  wait_bound_ms int not null default 60000 check (wait_bound_ms between 1000 and 3600000),
  up_seconds_allowed double precision not null default 604800 check (up_seconds_allowed > 0),
  history_days int not null default 90 check (history_days between 1 and 3650),
  check ((paused_at is null) = (pause_reason is null))
);
insert into rolecall.provider_control default values;
comment on table rolecall.provider_control is 'What operators decide about WorkOS; workers only read it. One row.';
comment on column rolecall.provider_control.id is 'Always 1.';
comment on column rolecall.provider_control.paused_at is 'Since when nothing is sent; null: not paused.';
comment on column rolecall.provider_control.paused_by is 'Who paused.';
comment on column rolecall.provider_control.pause_reason is 'Why.';
comment on column rolecall.provider_control.default_role_slug is 'The role that a member has at least; WorkOS does not say which it is.';
comment on column rolecall.provider_control.multiple_roles is 'Whether the environment allows several roles per member.';
comment on column rolecall.provider_control.visibility_ms is 'Milliseconds after which a read surely shows a write.';
comment on column rolecall.provider_control.send_window_ms is 'Milliseconds after which an unanswered request can no longer be applied.';
comment on column rolecall.provider_control.wait_bound_ms is 'Milliseconds that a lane waits for another at most.';
comment on column rolecall.provider_control.up_seconds_allowed is 'Seconds of the provider''s time up after which an undelivered lane is held.';
comment on column rolecall.provider_control.history_days is 'Days that outbox_history and outbox_attempts keep rows that converged.';

create table rolecall.provider_state (
  id int primary key default 1 check (id = 1),
  state text collate "C" not null default 'up' check (state in ('up', 'open', 'unauthorised')),
  since timestamptz not null default clock_timestamp(),
  failures int not null default 0,
  probe_at timestamptz,
  probes int not null default 0,
  detail text,
  up_seconds double precision not null default 0,
  up_marked_at timestamptz not null default clock_timestamp(),
  clock_offset_ms int not null default 0,
  check ((state = 'up') = (probe_at is null))
) with (fillfactor = 50);
insert into rolecall.provider_state default values;
comment on table rolecall.provider_state is 'The breaker that all replicas share; written by workers. One row.';
comment on column rolecall.provider_state.id is 'Always 1.';
comment on column rolecall.provider_state.state is 'up; open: it does not answer, one probe at a time; unauthorised: it refuses the key.';
comment on column rolecall.provider_state.since is 'Since when.';
comment on column rolecall.provider_state.failures is 'Failures in a row.';
comment on column rolecall.provider_state.probe_at is 'When the next probe may leave.';
comment on column rolecall.provider_state.probes is 'Probes since it went down.';
comment on column rolecall.provider_state.detail is 'The newest failure, for people.';
comment on column rolecall.provider_state.up_seconds is 'Seconds that it was up in all, until up_marked_at.';
comment on column rolecall.provider_state.up_marked_at is 'Until when up_seconds was counted.';
comment on column rolecall.provider_state.clock_offset_ms is 'WorkOS''s clock minus the database''s, from the Date of answers.';

create table rolecall.provider_budgets (
  class text collate "C" primary key check (class in ('general', 'um_read', 'um_write', 'organization_delete')),
  limit_calls int not null check (limit_calls > 0),
  per_ms int not null check (per_ms > 0),
  share double precision not null default 0.5 check (share > 0 and share <= 1)
);
insert into rolecall.provider_budgets (class, limit_calls, per_ms) values
  ('general', 6000, 60000), ('um_read', 1000, 10000), ('um_write', 500, 10000), ('organization_delete', 50, 60000);
comment on table rolecall.provider_budgets is 'WorkOS''s published limits and the share of them that Rolecall may use.';
comment on column rolecall.provider_budgets.class is 'Which calls: all, reads or writes under /user_management, organization deletes.';
comment on column rolecall.provider_budgets.limit_calls is 'Calls that WorkOS allows.';
comment on column rolecall.provider_budgets.per_ms is 'In how many milliseconds.';
comment on column rolecall.provider_budgets.share is 'The part of it that is ours; the rest is the application''s.';

create table rolecall.schedules (
  name text collate "C" primary key,
  enabled boolean not null,
  every_ms int not null check (every_ms > 0),
  due_at timestamptz not null default clock_timestamp(),
  leased_by bigint,
  lease_expires_at timestamptz,
  last_run_at timestamptz,
  last_result text
);
insert into rolecall.schedules (name, enabled, every_ms) values ('maintain', true, 60000);
comment on table rolecall.schedules is 'Work that recurs; leased like any other, so that one replica runs each.';
comment on column rolecall.schedules.name is 'What it does.';
comment on column rolecall.schedules.enabled is 'Whether it runs.';
comment on column rolecall.schedules.every_ms is 'Milliseconds between runs.';
comment on column rolecall.schedules.due_at is 'When it runs next.';
comment on column rolecall.schedules.leased_by is 'The worker session that runs it now.';
comment on column rolecall.schedules.lease_expires_at is 'When another may take it over.';
comment on column rolecall.schedules.last_run_at is 'When it last ended.';
comment on column rolecall.schedules.last_result is 'What it did then.';

do $$
declare r text;
begin
  foreach r in array array['rolecall_app', 'rolecall_worker', 'rolecall_operator'] loop
    begin
      execute format('create role %I nologin', r);
    exception when duplicate_object or unique_violation then null;  -- roles belong to the whole cluster
    end;
  end loop;
end $$;
