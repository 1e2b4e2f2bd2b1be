-- oldest program: 0.1.0
-- The way in: what WorkOS's event stream told, and how far it was read. Written by workers; applications read none of it.

create table rolecall.inbox (
  seq bigint generated always as identity primary key,
  event_id text collate "C" not null check (event_id <> ''),
  family text collate "C" not null
    check (family in ('organization', 'user', 'environment_role', 'role', 'permissions', 'member')),
  type text collate "C" not null,
  at text collate "C" not null,
  actor text not null default '',
  workos_organization_id text collate "C",
  name text collate "C" not null default '',
  object_key text collate "C" not null generated always as (
    family || ':' || coalesce(rolecall.key_part(workos_organization_id) || ':', '') || rolecall.key_part(name)) stored,
  shown jsonb not null default '{}',
  organization_id text collate "C",
  subject text collate "C",
  problem text,
  received_at timestamptz not null default clock_timestamp(),
  applied_at timestamptz,
  outcome text collate "C",
  unique (event_id, family),
  check ((applied_at is null) = (outcome is null))
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index inbox_by_subject on rolecall.inbox (subject, seq) where applied_at is null and subject is not null;
create index inbox_by_object on rolecall.inbox (object_key, seq) where applied_at is null;
create index inbox_unrouted on rolecall.inbox (family, seq)
  where applied_at is null and subject is null and organization_id is not null;
create index inbox_by_organization on rolecall.inbox (workos_organization_id, seq) where workos_organization_id is not null;
create index inbox_direct on rolecall.inbox (family, seq)
  where applied_at is null and family in ('organization', 'user', 'environment_role');
create index inbox_problems on rolecall.inbox (seq) where applied_at is null and problem is not null;
create index inbox_applied on rolecall.inbox (applied_at) where applied_at is not null;
comment on table rolecall.inbox is 'Events of WorkOS, once each, in the stream''s order. Applied ones are kept for 30 days, as long as WorkOS may show them again.';
comment on column rolecall.inbox.seq is 'The order of the stream; ids and times are never compared.';
comment on column rolecall.inbox.event_id is 'event_... at WorkOS. An event about a role is two rows: its text and its permissions change hands apart.';
comment on column rolecall.inbox.family is 'What it is about.';
comment on column rolecall.inbox.type is 'As WorkOS names it: organization_membership.updated.';
comment on column rolecall.inbox.at is 'When it happened, as WorkOS wrote it.';
comment on column rolecall.inbox.actor is 'api, dashboard, admin_portal or system; empty: WorkOS did not say.';
comment on column rolecall.inbox.workos_organization_id is 'org_... that it belongs to; null: nobody''s (users, environment roles).';
comment on column rolecall.inbox.name is 'The user_ id, slug or org_ id that it is about.';
comment on column rolecall.inbox.object_key is 'What it is about, as subjects.object_key has it. Events of one object are applied in order.';
comment on column rolecall.inbox.shown is 'What it showed: an observation (roles, permissions, members) or the attributes that are mirrored.';
comment on column rolecall.inbox.organization_id is 'The same organization here; null: not linked yet, and its events wait until it is.';
comment on column rolecall.inbox.subject is 'Whose fact it is; null: not known yet, or applied to the mirror directly.';
comment on column rolecall.inbox.problem is 'Why it cannot be applied; what comes after it waits.';
comment on column rolecall.inbox.received_at is 'When it was read.';
comment on column rolecall.inbox.applied_at is 'When it was applied; null: it waits.';
comment on column rolecall.inbox.outcome is 'What became of it: a verdict of the reducer, applied, stale, unknown_user, unknown_role, unmanaged or skipped.';

create table rolecall.workos_user_syncs (
  id int primary key default 1 check (id = 1),
  last_event_id text collate "C" not null check (last_event_id <> ''),
  last_event_at text collate "C" not null,
  updated_at timestamptz not null default clock_timestamp()
);
comment on table rolecall.workos_user_syncs is 'The cursor of the environment''s event stream; no row: nothing was read yet. One row.';
comment on column rolecall.workos_user_syncs.id is 'Always 1.';
comment on column rolecall.workos_user_syncs.last_event_id is 'The newest event in the inbox; the next page begins after it.';
comment on column rolecall.workos_user_syncs.last_event_at is 'When that happened, as WorkOS wrote it.';
comment on column rolecall.workos_user_syncs.updated_at is 'When it moved.';

create table rolecall.workos_organization_syncs (
  workos_organization_id text collate "C" primary key check (workos_organization_id <> ''),
  last_event_id text collate "C" not null,
  parked_seq bigint,
  parked_reason text,
  parked_at timestamptz,
  replay_asked_at timestamptz,
  replayed_to text collate "C",
  updated_at timestamptz not null default clock_timestamp(),
  check ((parked_at is null) = (parked_seq is null) and (parked_at is null) = (parked_reason is null))
);
create index workos_organization_syncs_parked on rolecall.workos_organization_syncs (parked_at) where parked_at is not null;
create index workos_organization_syncs_replays on rolecall.workos_organization_syncs (replay_asked_at)
  where replay_asked_at is not null;
comment on table rolecall.workos_organization_syncs is 'The cursor of each organization''s events, and where it stands still.';
comment on column rolecall.workos_organization_syncs.workos_organization_id is 'org_... at WorkOS.';
comment on column rolecall.workos_organization_syncs.last_event_id is 'The newest event that nothing held up; a replay begins after it. Empty: none yet.';
comment on column rolecall.workos_organization_syncs.parked_seq is 'The inbox row that cannot be applied; the organization''s later ones wait.';
comment on column rolecall.workos_organization_syncs.parked_reason is 'Why.';
comment on column rolecall.workos_organization_syncs.parked_at is 'Since when; null: its events are applied as they come.';
comment on column rolecall.workos_organization_syncs.replay_asked_at is 'replay_organization was called; null: no replay is under way.';
comment on column rolecall.workos_organization_syncs.replayed_to is 'How far the replay has read.';
comment on column rolecall.workos_organization_syncs.updated_at is 'When the row changed.';

create table rolecall.event_stream (
  id int primary key default 1 check (id = 1),
  started_from timestamptz,
  pulled_at timestamptz,
  failing_since timestamptz,
  gap_since timestamptz,
  gap_reason text,
  refused_types text[] not null default '{}',
  check ((gap_since is null) = (gap_reason is null))
);
insert into rolecall.event_stream default values;
comment on table rolecall.event_stream is 'How the pull of events stands. One row.';
comment on column rolecall.event_stream.id is 'Always 1.';
comment on column rolecall.event_stream.started_from is 'The stream is read from then on; null: never started.';
comment on column rolecall.event_stream.pulled_at is 'All that a pull begun then could see is in the inbox.';
comment on column rolecall.event_stream.failing_since is 'Every pull since then failed; schedules.last_result says how. Null: the last one did not.';
comment on column rolecall.event_stream.gap_since is 'Events since then may be lost; nothing is pulled until start_events is called. Null: no gap.';
comment on column rolecall.event_stream.gap_reason is 'How that was seen.';
comment on column rolecall.event_stream.refused_types is 'Event types that WorkOS does not know; they are not asked for.';

create unlogged table rolecall.event_nudges (
  event_id text collate "C" primary key,
  nudged_at timestamptz not null default clock_timestamp()
);
create index event_nudges_by_age on rolecall.event_nudges (nudged_at);
comment on table rolecall.event_nudges is 'Events that a webhook announced and that the stream has not shown yet; nothing is lost with them.';
comment on column rolecall.event_nudges.event_id is 'The event.';
comment on column rolecall.event_nudges.nudged_at is 'When the webhook came.';

create table rolecall.new_links (
  organization_id text collate "C" primary key,
  linked_at timestamptz not null default clock_timestamp()
);
comment on table rolecall.new_links is 'Organizations linked to WorkOS since the last pull; their events may be in the inbox already.';
comment on column rolecall.new_links.organization_id is 'The organization.';
comment on column rolecall.new_links.linked_at is 'When it was linked.';

insert into rolecall.schedules (name, enabled, every_ms) values ('pull_events', false, 5000);

-- Reads that wait for the stream to reach past them.
create index observed_reads_waiting on rolecall.observed (subject) where pending_read is not null;
