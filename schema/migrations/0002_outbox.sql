-- oldest program: 0.1.0
-- What should be (subjects), what changed (outbox), what is being done (lanes), what was sent (sends) and
-- what was seen (observed). Applications write subjects and outbox; workers write all the rest; so neither
-- ever waits for the other's transaction.

create type rolecall.wait as (subject text, version bigint);
comment on type rolecall.wait is 'A version of a subject that must be delivered first. The subject member:<organization>:* is a barrier: '
  'every member version enqueued before outbox id `version`.';

create sequence rolecall.lease_token_seq;
comment on sequence rolecall.lease_token_seq is 'Fencing tokens; every lease gets the next one.';

create table rolecall.subjects (
  subject text collate "C" primary key check (subject <> '' and subject !~ '[*]'),
  organization_id text collate "C" not null,
  object_key text collate "C" not null,
  version bigint not null check (version > 0),
  kind text collate "C" not null,
  desired jsonb not null check (jsonb_typeof(desired) = 'object'),
  touched jsonb not null default '{}' check (jsonb_typeof(touched) = 'object'),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
) with (fillfactor = 80);
create index subjects_by_object on rolecall.subjects (object_key);
create index subjects_by_organization on rolecall.subjects (organization_id);
comment on table rolecall.subjects is 'What should be: one row per thing that WorkOS must hold. The row is the subject''s lock and counter.';
comment on column rolecall.subjects.subject is 'role:organization:<uuid>, role_permissions:<uuid> or member:<organization>:<workos user>; never parsed.';
comment on column rolecall.subjects.organization_id is 'Whose it is.';
comment on column rolecall.subjects.object_key is 'What it is at WorkOS: role:<org_>:<slug>, permissions:<org_>:<slug> or member:<org_>:<user_>; parts percent-encoded.';
comment on column rolecall.subjects.version is 'Counts local changes in commit order; "newer" means this and nothing else.';
comment on column rolecall.subjects.kind is 'The workflow that says the newest version; a kind that removes means: absent.';
comment on column rolecall.subjects.desired is 'The complete state of the newest version.';
comment on column rolecall.subjects.touched is 'Element -> version of its last local change: a role slug, name, description, a permission slug, * for presence.';
comment on column rolecall.subjects.created_at is 'When its first version was made; of two subjects with one object_key the newer owns what is made there from then on.';
comment on column rolecall.subjects.updated_at is 'When the newest version was made.';

create table rolecall.outbox (
  id bigint generated always as identity primary key,
  organization_id text collate "C" not null,
  subject text collate "C" not null,
  version bigint not null check (version > 0),
  kind text collate "C" not null check (kind ~ '^[a-z][a-z0-9_.]{0,62}$'),
  desired jsonb not null check (jsonb_typeof(desired) = 'object'),
  waits_for rolecall.wait[] not null default '{}',
  priority smallint not null default 1 check (priority between 0 and 2),
  enqueued_at timestamptz not null default clock_timestamp(),
  enqueued_by text not null,
  reason text,
  unique (subject, version)
);
create index outbox_order on rolecall.outbox (priority, id);
create index outbox_members on rolecall.outbox (organization_id, id) where kind like 'member.%';
comment on table rolecall.outbox is 'What changed and no worker has taken in yet. Inserted in the transaction of the change; never updated; '
  'moved once into outbox_history by intake. What became of a version: rolecall.outbox_all.';
comment on column rolecall.outbox.id is 'A name for people; order is decided by version.';
comment on column rolecall.outbox.organization_id is 'Whose it is.';
comment on column rolecall.outbox.subject is 'What it changes.';
comment on column rolecall.outbox.version is 'The subject''s version that it carries; one row each.';
comment on column rolecall.outbox.kind is 'role.push, role.permissions, role.remove, member.push or member.remove: the workflow that says it. '
  'A kind that no program knows stays until a newer program comes, and is in rolecall.attention after 10 minutes.';
comment on column rolecall.outbox.desired is 'The complete desired state, not a change.';
comment on column rolecall.outbox.waits_for is 'Versions that must be delivered first (for 60 s at most; revocations do not wait).';
comment on column rolecall.outbox.priority is '0 revocation, 1 ordinary, 2 bulk and corrections.';
comment on column rolecall.outbox.enqueued_at is 'When the mutation was made.';
comment on column rolecall.outbox.enqueued_by is 'app.user_id of the transaction, or the session''s user, or a named rule.';
comment on column rolecall.outbox.reason is 'app.reason of the transaction, or the verdict that made a correction.';

create table rolecall.outbox_history (
  id bigint not null,
  organization_id text collate "C" not null,
  subject text collate "C" not null,
  version bigint not null,
  kind text collate "C" not null,
  desired jsonb not null,
  waits_for rolecall.wait[] not null,
  priority smallint not null,
  enqueued_at timestamptz not null,
  enqueued_by text not null,
  reason text,
  taken_at timestamptz not null default clock_timestamp()
) partition by range (taken_at);
create index outbox_history_by_id on rolecall.outbox_history (id);
create index outbox_history_by_subject on rolecall.outbox_history (subject, version);
comment on table rolecall.outbox_history is 'Outbox rows that a worker has taken in: insert-only, partitioned by day, dropped by partition, never a row that did not converge.';
comment on column rolecall.outbox_history.id is 'outbox.id.';
comment on column rolecall.outbox_history.organization_id is 'Whose it is.';
comment on column rolecall.outbox_history.subject is 'What it changes.';
comment on column rolecall.outbox_history.version is 'The subject''s version that it carries.';
comment on column rolecall.outbox_history.kind is 'The workflow that says it.';
comment on column rolecall.outbox_history.desired is 'The complete desired state.';
comment on column rolecall.outbox_history.waits_for is 'Versions that had to be delivered first.';
comment on column rolecall.outbox_history.priority is '0 revocation, 1 ordinary, 2 bulk and corrections.';
comment on column rolecall.outbox_history.enqueued_at is 'When the mutation was made.';
comment on column rolecall.outbox_history.enqueued_by is 'Who made it.';
comment on column rolecall.outbox_history.reason is 'Why.';
comment on column rolecall.outbox_history.taken_at is 'When a worker took it in.';

create table rolecall.lanes (
  subject text collate "C" primary key,
  organization_id text collate "C" not null,
  kind text collate "C" not null,
  priority smallint not null check (priority between 0 and 2),
  state text collate "C" not null check (state in ('idle', 'due', 'leased', 'held', 'dead')),
  wanted_version bigint not null check (wanted_version > 0),
  wanted_id bigint not null,
  owed_since_id bigint not null,
  enqueued_at timestamptz not null,
  desired jsonb not null,
  leased_version bigint,
  delivered_version bigint not null default 0,
  reached_version bigint generated always as
    (case when state in ('idle', 'dead') then wanted_version else delivered_version end) stored,
  ended text collate "C" check (ended in ('delivered', 'cancelled', 'observed')),
  attempts int not null default 0 check (attempts >= 0),
  leases int not null default 0 check (leases >= 0),
  next_attempt_at timestamptz not null,
  up_seconds_left double precision not null default 604800,
  up_seconds_mark double precision not null default 0,
  waits_for rolecall.wait[] not null default '{}',
  waits_on text collate "C",
  waits_version bigint,
  wait_until timestamptz,
  look_after timestamptz,
  looks_absent smallint not null default 0,
  lease_token bigint unique,
  leased_by bigint,
  leased_at timestamptz,
  lease_expires_at timestamptz,
  requested text collate "C" check (requested in ('hold', 'cancel')),
  requested_version bigint,
  requested_reason text,
  state_since timestamptz not null default clock_timestamp(),
  failure_class text collate "C",
  failure_code text,
  failure_detail text,
  failure_status int,
  failure_request_id text,
  failure_at timestamptz,
  check ((state = 'leased') = (lease_token is not null)),
  check ((state = 'leased') = (leased_version is not null)),
  check ((state = 'leased') = (leased_by is not null)),
  check ((state = 'leased') = (lease_expires_at is not null)),
  check ((state = 'idle') = (ended is not null)),
  check (leased_version is null or leased_version > delivered_version),
  check (leased_version is null or leased_version <= wanted_version),
  check (delivered_version <= wanted_version),
  check (state <> 'due' or wanted_version > delivered_version),
  check (ended is distinct from 'delivered' or wanted_version = delivered_version),
  check ((waits_on is null) = (waits_version is null)),
  check (waits_on is null or wait_until is not null)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index lanes_due on rolecall.lanes (priority, next_attempt_at)
  where state = 'due' and waits_on is null and look_after is null;
create index lanes_due_by_organization on rolecall.lanes (priority, organization_id, next_attempt_at)
  where state = 'due' and waits_on is null and look_after is null;
create index lanes_leased on rolecall.lanes (leased_by) where state = 'leased';
create index lanes_lease_end on rolecall.lanes (lease_expires_at) where state = 'leased';
create index lanes_waiting on rolecall.lanes (waits_on, waits_version) where waits_on is not null;
create index lanes_waiting_until on rolecall.lanes (wait_until) where waits_on is not null;
create index lanes_owing_members on rolecall.lanes (organization_id, owed_since_id)
  where state in ('due', 'leased', 'held') and kind like 'member.%';
create index lanes_stopped on rolecall.lanes (state, organization_id) where state in ('held', 'dead');
comment on table rolecall.lanes is 'What is being done: one row per subject, so that one worker at a time says one version of it. Written by workers and operators'' functions.';
comment on column rolecall.lanes.subject is 'The primary key is the rule "one at a time".';
comment on column rolecall.lanes.organization_id is 'Whose it is.';
comment on column rolecall.lanes.kind is 'The workflow that says the wanted version.';
comment on column rolecall.lanes.priority is 'A lane that carries an unsent revocation keeps 0 when something newer joins it.';
comment on column rolecall.lanes.state is 'idle: nothing to say. due: to be said at next_attempt_at (retrying when attempts > 0). leased: a worker is saying it. '
  'held: a person must decide. dead: WorkOS will never accept it as it stands.';
comment on column rolecall.lanes.wanted_version is 'The newest version taken in.';
comment on column rolecall.lanes.wanted_id is 'Its outbox id.';
comment on column rolecall.lanes.owed_since_id is 'Lowest outbox id among the versions not delivered yet; barriers compare with it.';
comment on column rolecall.lanes.enqueued_at is 'When the oldest undelivered version was enqueued.';
comment on column rolecall.lanes.desired is 'Content of wanted_version. A copy: reading it from another table in the lease sent old after new.';
comment on column rolecall.lanes.leased_version is 'The version being said now.';
comment on column rolecall.lanes.delivered_version is 'The newest version said in full.';
comment on column rolecall.lanes.reached_version is 'What waiting lanes compare with: a dead or cancelled blocker does not block.';
comment on column rolecall.lanes.ended is 'idle only. delivered: said. cancelled: by a person or rule named in the audit. observed: WorkOS already held it.';
comment on column rolecall.lanes.attempts is 'Failures since the wanted version came; they lengthen the backoff, and nothing dies of their number.';
comment on column rolecall.lanes.leases is 'Leases without a result since the wanted version came.';
comment on column rolecall.lanes.next_attempt_at is 'When it is due. Operators may set it.';
comment on column rolecall.lanes.up_seconds_left is 'How many seconds of the provider''s time up are left before it is held.';
comment on column rolecall.lanes.up_seconds_mark is 'provider_state.up_seconds when up_seconds_left was last counted down.';
comment on column rolecall.lanes.waits_for is 'Versions that must be delivered before wanted_version.';
comment on column rolecall.lanes.waits_on is 'The first of them that is not; null: not waiting.';
comment on column rolecall.lanes.waits_version is 'Its version, or the outbox id of a barrier.';
comment on column rolecall.lanes.wait_until is 'When we stop waiting and say it all the same.';
comment on column rolecall.lanes.look_after is 'Due only when a read begun after this was reduced; null: needs no look.';
comment on column rolecall.lanes.looks_absent is 'Reads in a row that found nothing since a create went in doubt.';
comment on column rolecall.lanes.lease_token is 'The fence: a result is taken only under it.';
comment on column rolecall.lanes.leased_by is 'worker_sessions.id.';
comment on column rolecall.lanes.leased_at is 'When the lease began.';
comment on column rolecall.lanes.lease_expires_at is 'When it ends at the latest.';
comment on column rolecall.lanes.requested is 'hold or cancel, asked for while leased; settle honours it.';
comment on column rolecall.lanes.requested_version is 'The version that it was asked for.';
comment on column rolecall.lanes.requested_reason is 'Why it was asked for.';
comment on column rolecall.lanes.state_since is 'When the state last changed.';
comment on column rolecall.lanes.failure_class is 'Why it is where it is: class of the last failure.';
comment on column rolecall.lanes.failure_code is 'WorkOS''s code, or ours.';
comment on column rolecall.lanes.failure_detail is 'For people.';
comment on column rolecall.lanes.failure_status is 'HTTP status, if there was an answer.';
comment on column rolecall.lanes.failure_request_id is 'WorkOS''s X-Request-ID.';
comment on column rolecall.lanes.failure_at is 'When it failed.';

create table rolecall.outbox_attempts (
  id bigint generated always as identity,
  subject text collate "C" not null,
  version bigint not null,
  lease_token bigint not null,
  worker bigint not null,
  outcome text collate "C" not null,
  failure_class text collate "C" not null,
  failure_code text,
  failure_detail text,
  http_status int,
  request_id text,
  at timestamptz not null default clock_timestamp()
) partition by range (at);
create index outbox_attempts_by_subject on rolecall.outbox_attempts (subject, version, id);
comment on table rolecall.outbox_attempts is 'What each attempt came to, for rolecall.explain and outbox_all. Partitioned by day.';
comment on column rolecall.outbox_attempts.id is 'Order of writing.';
comment on column rolecall.outbox_attempts.subject is 'What was said.';
comment on column rolecall.outbox_attempts.version is 'Which version.';
comment on column rolecall.outbox_attempts.lease_token is 'Under which lease.';
comment on column rolecall.outbox_attempts.worker is 'By which worker session.';
comment on column rolecall.outbox_attempts.outcome is 'What came of it: delivered, partial, retry, look, held or dead.';
comment on column rolecall.outbox_attempts.failure_class is 'Class of the failure; none: it was delivered.';
comment on column rolecall.outbox_attempts.failure_code is 'WorkOS''s code, or ours.';
comment on column rolecall.outbox_attempts.failure_detail is 'For people.';
comment on column rolecall.outbox_attempts.http_status is 'HTTP status, if there was an answer.';
comment on column rolecall.outbox_attempts.request_id is 'WorkOS''s X-Request-ID.';
comment on column rolecall.outbox_attempts.at is 'When it was recorded.';

create table rolecall.sends (
  id bigint generated always as identity primary key,
  subject text collate "C" not null,
  object_key text collate "C" not null,
  version bigint not null,
  lease_token bigint not null,
  operation text collate "C" not null check (operation in ('put', 'create', 'delete')),
  incarnation text collate "C",
  value jsonb,
  names_slugs text[] not null default '{}',
  state text collate "C" not null default 'open' check (state in ('open', 'answered', 'matched')),
  leased_at timestamptz not null default clock_timestamp(),
  answer jsonb,
  answered_at timestamptz,
  absorbed boolean not null default false,
  workos_updated_at text collate "C",
  request_id text,
  check ((state = 'answered') <= (answer is not null)),
  check ((operation = 'delete') = (value is null))
);
create index sends_by_subject on rolecall.sends (subject, id);
create index sends_by_token on rolecall.sends (lease_token);
create index sends_open_slugs on rolecall.sends using gin (names_slugs) where state = 'open';
create index sends_by_age on rolecall.sends (leased_at);
comment on table rolecall.sends is 'What may reach WorkOS: inserted by the lease, before a byte leaves; gone when answered and echoed, when it cannot be applied, or when aged out.';
comment on column rolecall.sends.id is 'Order of leasing.';
comment on column rolecall.sends.subject is 'What it says.';
comment on column rolecall.sends.object_key is 'What it is at WorkOS; events and reads match on it.';
comment on column rolecall.sends.version is 'Which version it says.';
comment on column rolecall.sends.lease_token is 'Under which lease.';
comment on column rolecall.sends.operation is 'put (absolute write), create (POST) or delete.';
comment on column rolecall.sends.incarnation is 'Which thing of that key it addresses; null for a create.';
comment on column rolecall.sends.value is 'The state that it says; null for a delete.';
comment on column rolecall.sends.names_slugs is 'Role slugs that it names: a slug in an open send cannot be created anew.';
comment on column rolecall.sends.state is 'open: may have been or may still be applied. answered: 2xx. matched: a read or event showed it.';
comment on column rolecall.sends.leased_at is 'When it was leased.';
comment on column rolecall.sends.answer is 'What the 2xx showed: incarnation, created_at, updated_at, status, value.';
comment on column rolecall.sends.answered_at is 'When the answer was recorded.';
comment on column rolecall.sends.absorbed is 'Its answer was taken into observed.seen.';
comment on column rolecall.sends.workos_updated_at is 'updated_at of the answer or of the match.';
comment on column rolecall.sends.request_id is 'X-Request-ID of the answer.';

create table rolecall.observed (
  subject text collate "C" primary key,
  organization_id text collate "C" not null,
  object_key text collate "C" not null,
  incarnation text collate "C",
  incarnation_created_at text collate "C",
  dead_incarnation_at text collate "C",
  echoed_version bigint not null default 0,
  confirmed_version bigint not null default 0,
  confirmed_at timestamptz,
  looked boolean not null default false,
  seen jsonb,
  seen_at text collate "C",
  seen_status text collate "C",
  seen_source text collate "C" check (seen_source in ('event', 'read', 'answer')),
  seen_event_id text collate "C",
  directory_managed boolean not null default false,
  unresolved jsonb not null default '{}',
  pending_read jsonb,
  verify_at timestamptz,
  verify_reason text,
  reading_until timestamptz,
  reduce_due_at timestamptz,
  reduce_failure text
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index observed_verify on rolecall.observed (verify_at) where verify_at is not null;
create index observed_reduce on rolecall.observed (reduce_due_at) where reduce_due_at is not null;
create index observed_by_object on rolecall.observed (object_key);
comment on table rolecall.observed is 'What WorkOS last showed of each subject, and what is known to have been applied there. Written by workers.';
comment on column rolecall.observed.subject is 'The subject.';
comment on column rolecall.observed.organization_id is 'Whose it is.';
comment on column rolecall.observed.object_key is 'What it is at WorkOS.';
comment on column rolecall.observed.incarnation is 'Which thing of that key is there: om_ id, or a role''s created_at; null: none known.';
comment on column rolecall.observed.incarnation_created_at is 'Its created_at, as WorkOS wrote it.';
comment on column rolecall.observed.dead_incarnation_at is 'Newest created_at among incarnations known to be gone; nothing older comes back.';
comment on column rolecall.observed.echoed_version is 'Highest own version known to have been applied at WorkOS.';
comment on column rolecall.observed.confirmed_version is 'Newest version that was seen at WorkOS with nothing on its way.';
comment on column rolecall.observed.confirmed_at is 'When that was recorded.';
comment on column rolecall.observed.looked is 'WorkOS answered or was read at least once.';
comment on column rolecall.observed.seen is 'The state last seen there; null: absent (or never looked).';
comment on column rolecall.observed.seen_at is 'updated_at of what was seen, as WorkOS wrote it.';
comment on column rolecall.observed.seen_status is 'Memberships: active, inactive or pending.';
comment on column rolecall.observed.seen_source is 'event, read or answer.';
comment on column rolecall.observed.seen_event_id is 'The event, if it was one.';
comment on column rolecall.observed.directory_managed is 'A directory decides about this membership.';
comment on column rolecall.observed.unresolved is 'Slugs seen without a local role, with the updated_at they were seen at.';
comment on column rolecall.observed.pending_read is 'A read that was recorded and not reduced yet.';
comment on column rolecall.observed.verify_at is 'When a read of this subject is due; null: none is.';
comment on column rolecall.observed.verify_reason is 'Why.';
comment on column rolecall.observed.reading_until is 'A worker is reading it; free again then.';
comment on column rolecall.observed.reduce_due_at is 'New facts since then wait for the reducer; null: none do.';
comment on column rolecall.observed.reduce_failure is 'Why the reducer could not take the facts; in rolecall.attention.';

create table rolecall.confirmations (
  subject text collate "C" not null,
  version bigint not null,
  organization_id text collate "C" not null,
  confirmed_at timestamptz not null default clock_timestamp(),
  effective_at text collate "C",
  source text collate "C" not null check (source in ('event', 'read', 'answer')),
  request_id text,
  primary key (subject, version)
);
comment on table rolecall.confirmations is 'Evidence: this version was seen at WorkOS. Kept for ever.';
comment on column rolecall.confirmations.subject is 'What was seen.';
comment on column rolecall.confirmations.version is 'Which version.';
comment on column rolecall.confirmations.organization_id is 'Whose it is.';
comment on column rolecall.confirmations.confirmed_at is 'When that was recorded.';
comment on column rolecall.confirmations.effective_at is 'updated_at at WorkOS: since when it is in force there.';
comment on column rolecall.confirmations.source is 'What showed it.';
comment on column rolecall.confirmations.request_id is 'X-Request-ID of the write that brought it, if known.';
