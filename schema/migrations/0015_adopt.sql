-- oldest program: 0.1.0
-- Adoption: years of data on both sides are linked, compared, and made to agree by a policy, an organization at a time.

create table rolecall.adoption_runs (
  number bigint primary key,
  policy text collate "C" not null check (policy in ('local', 'workos', 'newer')),
  begun_at timestamptz not null default clock_timestamp(),
  begun_by text not null
);
comment on table rolecall.adoption_runs is 'One row per adoption that was begun; the newest is the one that rolecall adopt --apply continues.';
comment on column rolecall.adoption_runs.number is 'Counts them.';
comment on column rolecall.adoption_runs.policy is 'Which side wins where both differ: local, workos, or newer.';
comment on column rolecall.adoption_runs.begun_at is 'When it was begun.';
comment on column rolecall.adoption_runs.begun_by is 'By which database user.';

create table rolecall.adoptions (
  organization_id text collate "C" primary key,
  run bigint not null references rolecall.adoption_runs (number),
  attempt bigint not null default 1,
  state text collate "C" not null check (state in ('reading', 'done', 'left')),
  begun_at timestamptz not null,
  done_at timestamptz,
  reason text collate "C",
  detail text,
  counts jsonb not null default '{}',
  check ((state = 'done') = (done_at is not null)),
  check ((state = 'left') = (reason is not null))
) with (fillfactor = 80);
comment on table rolecall.adoptions is 'How far each organization''s adoption is; what is done is not done again by the same run.';
comment on column rolecall.adoptions.organization_id is 'The organization.';
comment on column rolecall.adoptions.run is 'The run that reached it last.';
comment on column rolecall.adoptions.attempt is 'Counts its attempts; the fence: an older one writes nothing any more.';
comment on column rolecall.adoptions.state is 'reading: under way, or interrupted, and nothing of it is written. done: all of it is. left: nothing is, and a person must look.';
comment on column rolecall.adoptions.begun_at is 'When the last attempt began.';
comment on column rolecall.adoptions.done_at is 'When its transaction wrote it; null: it is not done.';
comment on column rolecall.adoptions.reason is 'left: not_found, gone, ambiguous, conflict or failed.';
comment on column rolecall.adoptions.detail is 'left: in words.';
comment on column rolecall.adoptions.counts is 'done: what became of how many roles, sets of permissions, members and users.';

create unlogged table rolecall.adoption_things (
  organization_id text collate "C" not null,
  family text collate "C" not null check (family in ('environment_role', 'user', 'role', 'permissions', 'member')),
  name text collate "C" not null,
  thing jsonb not null,
  outcome text collate "C",
  primary key (organization_id, family, name)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table rolecall.adoption_things is 'What an attempt has read and decided and not written yet, so that memory stays small; gone when its organization is done.';
comment on column rolecall.adoption_things.organization_id is 'The organization that is being adopted.';
comment on column rolecall.adoption_things.family is 'environment_role, user, role, permissions or member.';
comment on column rolecall.adoption_things.name is 'A slug, or a WorkOS user id.';
comment on column rolecall.adoption_things.thing is 'What WorkOS showed, what was here beside it, and which side wins.';
comment on column rolecall.adoption_things.outcome is 'What became of it, within the transaction that writes it.';

create index users_by_email on rolecall.users (lower(email));
create index organization_memberships_unclaimed on rolecall.organization_memberships (workos_user_id) where user_id is null;
