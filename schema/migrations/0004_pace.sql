-- oldest program: 0.1.0
-- How fast all replicas together call WorkOS: what was given out, and how far 429 slowed it.

create table rolecall.provider_pace (
  class text collate "C" primary key check (class in ('general', 'um_read', 'um_write', 'organization_delete')),
  given_until timestamptz not null default clock_timestamp(),
  quiet_until timestamptz not null default clock_timestamp(),
  factor double precision not null default 1 check (factor > 0 and factor <= 1),
  slowed_at timestamptz not null default clock_timestamp(),
  window_at timestamptz not null default clock_timestamp(),
  window_given int not null default 0,
  window_before int not null default 0,
  throttled bigint not null default 0
) with (fillfactor = 50);
insert into rolecall.provider_pace (class) values ('general'), ('um_read'), ('um_write'), ('organization_delete');
comment on table rolecall.provider_pace is 'Calls given out to replicas, and how far answers of 429 slowed them; written by workers. One row a rate class.';
comment on column rolecall.provider_pace.class is 'As in provider_budgets, where the limits are.';
comment on column rolecall.provider_pace.given_until is 'When the call after the last one given out may leave.';
comment on column rolecall.provider_pace.quiet_until is 'No call leaves before: WorkOS asked for it.';
comment on column rolecall.provider_pace.factor is 'The part of the budget that was left when WorkOS last answered 429; it grows back with time.';
comment on column rolecall.provider_pace.slowed_at is 'When that was.';
comment on column rolecall.provider_pace.window_at is 'Where the window of provider_budgets.per_ms began that is counted now.';
comment on column rolecall.provider_pace.window_given is 'Calls given out in it and not refused.';
comment on column rolecall.provider_pace.window_before is 'Calls given out in the window before it and not refused.';
comment on column rolecall.provider_pace.throttled is 'Answers of 429 in all.';
