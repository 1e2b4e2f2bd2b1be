-- The tables of Rolecall as the migrations make them: written by schema/dump, proved equal by a test.
-- Functions and views: schema/functions, outbox/sql/functions, and three in schema/migrations.
-- Fencing tokens; every lease gets the next one.
create sequence rolecall.lease_token_seq;
-- A version of a subject that must be delivered first. The subject member:<organization>:* is a barrier: every member version enqueued before outbox id `version`.
create type rolecall.wait as (subject text, version bigint);

-- One row per adoption that was begun; the newest is the one that rolecall adopt --apply continues.
create table rolecall.adoption_runs (
  -- Counts them.
  number bigint not null,
  -- Which side wins where both differ: local, workos, or newer.
  policy text collate "C" not null,
  -- When it was begun.
  begun_at timestamptz not null default clock_timestamp(),
  -- By which database user.
  begun_by text not null,
  PRIMARY KEY (number),
  CHECK ((policy = ANY (ARRAY['local'::text, 'workos'::text, 'newer'::text])))
);

-- What an attempt has read and decided and not written yet, so that memory stays small; gone when its organization is done.
create table rolecall.adoption_things (
  -- The organization that is being adopted.
  organization_id text collate "C" not null,
  -- environment_role, user, role, permissions or member.
  family text collate "C" not null,
  -- A slug, or a WorkOS user id.
  name text collate "C" not null,
  -- What WorkOS showed, what was here beside it, and which side wins.
  thing jsonb not null,
  -- What became of it, within the transaction that writes it.
  outcome text collate "C",
  PRIMARY KEY (organization_id, family, name),
  CHECK ((family = ANY (ARRAY['environment_role'::text, 'user'::text, 'role'::text, 'permissions'::text, 'member'::text])))
) with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);

-- How far each organization's adoption is; what is done is not done again by the same run.
create table rolecall.adoptions (
  -- The organization.
  organization_id text collate "C" not null,
  -- The run that reached it last.
  run bigint not null,
  -- Counts its attempts; the fence: an older one writes nothing any more.
  attempt bigint not null default 1,
  -- reading: under way, or interrupted, and nothing of it is written. done: all of it is. left: nothing is, and a person must look.
  state text collate "C" not null,
  -- When the last attempt began.
  begun_at timestamptz not null,
  -- When its transaction wrote it; null: it is not done.
  done_at timestamptz,
  -- left: not_found, gone, ambiguous, conflict or failed.
  reason text collate "C",
  -- left: in words.
  detail text,
  -- done: what became of how many roles, sets of permissions, members and users.
  counts jsonb not null default '{}'::jsonb,
  PRIMARY KEY (organization_id),
  CHECK (((state = 'done'::text) = (done_at IS NOT NULL))),
  CHECK (((state = 'left'::text) = (reason IS NOT NULL))),
  CHECK ((state = ANY (ARRAY['reading'::text, 'done'::text, 'left'::text])))
) with (fillfactor=80);

-- Every mutation, every operator's action, every verdict of the reducer. Append-only, also for its owner.
create table rolecall.audit_log (
  -- Order of writing.
  id bigint not null generated always as identity,
  -- When it was written.
  at timestamptz not null default clock_timestamp(),
  -- Whose affair it was.
  organization_id text collate "C",
  -- What it was about.
  subject text collate "C",
  -- The version that it made or judged.
  version bigint,
  -- What happened: a function's name, or a verdict.
  action text not null,
  -- app.user_id of the transaction, or the session's user.
  actor text not null,
  -- The database user who was connected.
  session_role text not null default SESSION_USER,
  -- app.reason of the transaction, or the operator's.
  reason text,
  -- Before, after, and evidence.
  detail jsonb not null default '{}'::jsonb,
  PRIMARY KEY (id),
  CHECK ((action <> ''::text)),
  CHECK ((jsonb_typeof(detail) = 'object'::text))
);
CREATE INDEX audit_log_by_organization ON rolecall.audit_log USING btree (organization_id, id);
CREATE INDEX audit_log_by_subject ON rolecall.audit_log USING btree (subject, id);
CREATE TRIGGER audit_log_append_only BEFORE DELETE OR UPDATE ON rolecall.audit_log FOR EACH ROW EXECUTE FUNCTION rolecall.refuse_audit_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON rolecall.audit_log FOR EACH STATEMENT EXECUTE FUNCTION rolecall.refuse_audit_change();

-- Evidence: this version was seen at WorkOS. Kept for ever.
create table rolecall.confirmations (
  -- What was seen.
  subject text collate "C" not null,
  -- Which version.
  version bigint not null,
  -- Whose it is.
  organization_id text collate "C" not null,
  -- When that was recorded.
  confirmed_at timestamptz not null default clock_timestamp(),
  -- updated_at at WorkOS: since when it is in force there.
  effective_at text collate "C",
  -- What showed it.
  source text collate "C" not null,
  -- X-Request-ID of the write that brought it, if known.
  request_id text,
  -- When the answer to the write that brought it was recorded, if known.
  sent_at timestamptz,
  PRIMARY KEY (subject, version),
  CHECK ((source = ANY (ARRAY['event'::text, 'read'::text, 'answer'::text])))
);

-- What enable_rbac grants to the system roles of an organization. The owner changes it for organizations to come.
create table rolecall.default_grants (
  -- The system role: admin or member.
  workos_slug text collate "C" not null,
  -- What it may do.
  scope text collate "C" not null,
  -- To which resources.
  selectors jsonb not null,
  PRIMARY KEY (workos_slug, scope, selectors),
  CHECK (((jsonb_typeof(selectors) = 'object'::text) AND (selectors <> '{}'::jsonb))),
  CHECK ((scope <> ''::text)),
  CHECK ((workos_slug = ANY (ARRAY['admin'::text, 'member'::text])))
);

-- What memberships were at WorkOS, and since when, and when roles ended there: answers and reads as they are reduced, events when they leave the inbox. Kept for ever.
create table rolecall.effective_states (
  -- Order of writing.
  id bigint not null generated always as identity,
  -- The member; or a role, of which only ends are kept.
  subject text collate "C" not null,
  -- Whose it is.
  organization_id text collate "C" not null,
  -- Since when it was so, by WorkOS's clock; of an end that no event told: when it was first known.
  since timestamptz not null,
  -- An end that no event told came after this; null: it came at since.
  unknown_from timestamptz,
  -- A membership was there; false: it had ended, or there was none.
  present boolean not null,
  -- om_... at WorkOS: which membership was there, or ended; null: none was known.
  incarnation text collate "C",
  -- created_at of that membership at WorkOS.
  incarnation_created_at timestamptz,
  -- active, inactive or pending: only an active membership has its roles.
  status text collate "C",
  -- Slugs, as WorkOS showed them then.
  roles text[] collate "C" not null default '{}'::text[],
  -- event, read or answer: what showed it.
  source text collate "C" not null,
  -- api, dashboard, admin_portal or system; empty: WorkOS did not say.
  actor text not null default ''::text,
  -- The event that told it.
  event_id text collate "C",
  -- The event's place in the stream.
  event_seq bigint,
  -- When it was known here.
  recorded_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (id),
  CHECK (((source = 'event'::text) = (event_id IS NOT NULL))),
  CHECK ((present <= (incarnation IS NOT NULL))),
  CHECK ((source = ANY (ARRAY['event'::text, 'read'::text, 'answer'::text])))
);
CREATE INDEX effective_states_by_subject ON rolecall.effective_states USING btree (subject);

-- Events that a webhook announced and that the stream has not shown yet; nothing is lost with them.
create table rolecall.event_nudges (
  -- The event.
  event_id text collate "C" not null,
  -- When the webhook came.
  nudged_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (event_id)
);
CREATE INDEX event_nudges_by_age ON rolecall.event_nudges USING btree (nudged_at);

-- How the pull of events stands. One row.
create table rolecall.event_stream (
  -- Always 1.
  id integer not null default 1,
  -- The stream is read from then on; null: never started.
  started_from timestamptz,
  -- All that a pull begun then could see is in the inbox.
  pulled_at timestamptz,
  -- Every pull since then failed; schedules.last_result says how. Null: the last one did not.
  failing_since timestamptz,
  -- Events since then may be lost; nothing is pulled until start_events is called. Null: no gap.
  gap_since timestamptz,
  -- How that was seen.
  gap_reason text,
  -- Event types that WorkOS does not know; they are not asked for.
  refused_types text[] not null default '{}'::text[],
  -- Since then a pull reads pages that are not the last; null: the stream was read to its end, or the pull failed.
  behind_since timestamptz,
  PRIMARY KEY (id),
  CHECK (((gap_since IS NULL) = (gap_reason IS NULL))),
  CHECK ((id = 1))
);

-- Environment roles, made in the WorkOS dashboard. Never deleted: a tombstone is revived with the same id.
create table rolecall.global_roles (
  -- Part of the URN role:global:<id>.
  id uuid not null default rolecall.uuid_v7(),
  -- Its name at WorkOS; never changes.
  workos_slug text collate "C" not null,
  -- For people.
  name text not null,
  -- For people; optional.
  description text,
  -- created_at at WorkOS: which incarnation of the slug this is.
  workos_created_at timestamptz,
  -- updated_at that WorkOS last showed.
  workos_updated_at timestamptz,
  -- Newest WorkOS event applied to this row.
  workos_last_event_id text collate "C",
  -- Tombstone; null: active. Tombstoning deletes its grants and assignments in the same transaction.
  deleted_at timestamptz,
  -- When this row was made.
  created_at timestamptz not null default clock_timestamp(),
  -- When this row last changed.
  updated_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (id),
  UNIQUE (workos_slug),
  CHECK (((char_length(name) >= 1) AND (char_length(name) <= 48))),
  CHECK ((char_length(description) <= 150)),
  CHECK ((workos_slug ~ '^[a-z0-9_-]{1,48}$'::text))
);

-- What the mass-revoke guard holds, while the version is the newest of its lane. Gone when approved and done, or superseded.
create table rolecall.guard_holds (
  -- Whose lane is held.
  subject text collate "C" not null,
  -- reducer: the version that stays as it is here. application: the version that is not said.
  version bigint not null,
  -- Whose it is.
  organization_id text collate "C" not null,
  -- As in guard_windows.
  source text collate "C" not null,
  -- false: counted for a transaction that has not revoked too much yet.
  held boolean not null,
  -- Assignments that it would revoke.
  lost integer not null,
  -- Assignments that would have been revoked in the window together with it.
  revoked integer not null,
  -- Of so many.
  assignments integer not null,
  -- The application's transaction: all of it is held, or nothing.
  transaction xid8 not null default pg_current_xact_id(),
  -- When it was counted or held.
  held_at timestamptz not null default clock_timestamp(),
  -- reducer: approved then, and done as soon as its facts are reduced again.
  approved_at timestamptz,
  PRIMARY KEY (subject, version),
  CHECK ((lost >= 0)),
  CHECK ((source = ANY (ARRAY['reducer'::text, 'application'::text])))
);
CREATE INDEX guard_holds_by_organization ON rolecall.guard_holds USING btree (organization_id, source, revoked) WHERE (held AND (approved_at IS NULL));
CREATE INDEX guard_holds_by_transaction ON rolecall.guard_holds USING btree (transaction) WHERE (source = 'application'::text);

-- What the mass-revoke guard let pass of late. Written under the advisory lock (7074, organization and source).
create table rolecall.guard_windows (
  -- Whose assignments were revoked.
  organization_id text collate "C" not null,
  -- reducer: because WorkOS showed less. application: in transactions with rolecall.guard = on. Each is counted by itself.
  source text collate "C" not null,
  -- Number of the newest sixth of provider_control.guard_window_ms, since 1970.
  slot bigint not null,
  -- Assignments revoked in that sixth, and in the six before it.
  revoked integer[] not null,
  -- Assignments of the organization, and those revoked in the window; counted anew in each sixth.
  assignments integer not null,
  PRIMARY KEY (organization_id, source),
  CHECK ((assignments >= 0)),
  CHECK ((cardinality(revoked) = 7)),
  CHECK ((source = ANY (ARRAY['reducer'::text, 'application'::text])))
) with (fillfactor=50);

-- Events of WorkOS, once each, in the stream's order. Applied ones are kept for 30 days, as long as WorkOS may show them again.
create table rolecall.inbox (
  -- The order of the stream; ids and times are never compared.
  seq bigint not null generated always as identity,
  -- event_... at WorkOS. An event about a role is two rows: its text and its permissions change hands apart.
  event_id text collate "C" not null,
  -- What it is about.
  family text collate "C" not null,
  -- As WorkOS names it: organization_membership.updated.
  type text collate "C" not null,
  -- When it happened, as WorkOS wrote it.
  at text collate "C" not null,
  -- api, dashboard, admin_portal or system; empty: WorkOS did not say.
  actor text not null default ''::text,
  -- org_... that it belongs to; null: nobody's (users, environment roles).
  workos_organization_id text collate "C",
  -- The user_ id, slug or org_ id that it is about.
  name text collate "C" not null default ''::text,
  -- What it is about, as subjects.object_key has it. Events of one object are applied in order.
  object_key text collate "C" not null generated always as ((((family || ':'::text) || COALESCE((rolecall.key_part(workos_organization_id) || ':'::text), ''::text)) || rolecall.key_part(name))) stored,
  -- What it showed: an observation (roles, permissions, members) or the attributes that are mirrored.
  shown jsonb not null default '{}'::jsonb,
  -- The same organization here; null: not linked yet, and its events wait until it is.
  organization_id text collate "C",
  -- Whose fact it is; null: not known yet, or applied to the mirror directly.
  subject text collate "C",
  -- Why it cannot be applied; what comes after it waits.
  problem text,
  -- When it was read.
  received_at timestamptz not null default clock_timestamp(),
  -- When it was applied; null: it waits.
  applied_at timestamptz,
  -- What became of it: a verdict of the reducer, applied, stale, unknown_user, unknown_role, unmanaged or skipped.
  outcome text collate "C",
  PRIMARY KEY (seq),
  UNIQUE (event_id, family),
  CHECK (((applied_at IS NULL) = (outcome IS NULL))),
  CHECK ((event_id <> ''::text)),
  CHECK ((family = ANY (ARRAY['organization'::text, 'user'::text, 'environment_role'::text, 'role'::text, 'permissions'::text, 'member'::text])))
) with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);
CREATE INDEX inbox_applied ON rolecall.inbox USING btree (applied_at) WHERE (applied_at IS NOT NULL);
CREATE INDEX inbox_by_object ON rolecall.inbox USING btree (object_key, seq) WHERE ((applied_at IS NULL) AND ((subject IS NULL) OR (family <> 'member'::text)));
CREATE INDEX inbox_by_organization ON rolecall.inbox USING btree (workos_organization_id, seq) WHERE (workos_organization_id IS NOT NULL);
CREATE INDEX inbox_by_subject ON rolecall.inbox USING btree (subject, seq) WHERE ((applied_at IS NULL) AND (subject IS NOT NULL));
CREATE INDEX inbox_direct ON rolecall.inbox USING btree (family, seq) WHERE ((applied_at IS NULL) AND (family = ANY (ARRAY['organization'::text, 'user'::text, 'environment_role'::text])));
CREATE INDEX inbox_problems ON rolecall.inbox USING btree (seq) WHERE ((applied_at IS NULL) AND (problem IS NOT NULL));
CREATE INDEX inbox_unrouted ON rolecall.inbox USING btree (family, seq) WHERE ((applied_at IS NULL) AND (subject IS NULL) AND (organization_id IS NOT NULL));

-- What is being done: one row per subject, so that one worker at a time says one version of it. Written by workers and operators' functions.
create table rolecall.lanes (
  -- The primary key is the rule "one at a time".
  subject text collate "C" not null,
  -- Whose it is.
  organization_id text collate "C" not null,
  -- The workflow that says the wanted version.
  kind text collate "C" not null,
  -- A lane that carries an unsent revocation keeps 0 when something newer joins it.
  priority smallint not null,
  -- idle: nothing to say. due: to be said at next_attempt_at (retrying when attempts > 0). leased: a worker is saying it. held: a person must decide. dead: WorkOS will never accept it as it stands.
  state text collate "C" not null,
  -- The newest version taken in.
  wanted_version bigint not null,
  -- Its outbox id.
  wanted_id bigint not null,
  -- Lowest outbox id among the versions not delivered yet; barriers compare with it.
  owed_since_id bigint not null,
  -- When the oldest undelivered version was enqueued.
  enqueued_at timestamptz not null,
  -- Content of wanted_version. A copy: reading it from another table in the lease sent old after new.
  desired jsonb not null,
  -- The version being said now.
  leased_version bigint,
  -- The newest version said in full.
  delivered_version bigint not null default 0,
  -- What waiting lanes compare with: a dead or cancelled blocker does not block.
  reached_version bigint generated always as ( CASE WHEN (state = ANY (ARRAY['idle'::text, 'dead'::text])) THEN wanted_version ELSE delivered_version END) stored,
  -- idle only. delivered: said. cancelled: by a person or rule named in the audit. observed: WorkOS already held it.
  ended text collate "C",
  -- Failures since the wanted version came; they lengthen the backoff, and nothing dies of their number.
  attempts integer not null default 0,
  -- Leases without a result since the wanted version came.
  leases integer not null default 0,
  -- When it is due. Operators may set it.
  next_attempt_at timestamptz not null,
  -- How many seconds of the provider's time up are left before it is held.
  up_seconds_left double precision not null default 604800,
  -- provider_state.up_seconds when up_seconds_left was last counted down.
  up_seconds_mark double precision not null default 0,
  -- Versions that must be delivered before wanted_version.
  waits_for rolecall.wait[] not null default '{}'::rolecall.wait[],
  -- The first of them that is not; null: not waiting.
  waits_on text collate "C",
  -- Its version, or the outbox id of a barrier.
  waits_version bigint,
  -- When we stop waiting and say it all the same.
  wait_until timestamptz,
  -- Due only when a read begun after this was reduced; null: needs no look.
  look_after timestamptz,
  -- Reads in a row that found nothing since a create went in doubt.
  looks_absent smallint not null default 0,
  -- The fence: a result is taken only under it.
  lease_token bigint,
  -- worker_sessions.id.
  leased_by bigint,
  -- When the lease began.
  leased_at timestamptz,
  -- When it ends at the latest.
  lease_expires_at timestamptz,
  -- hold or cancel, asked for while leased; settle honours it.
  requested text collate "C",
  -- The version that it was asked for.
  requested_version bigint,
  -- Why it was asked for.
  requested_reason text,
  -- When the state last changed.
  state_since timestamptz not null default clock_timestamp(),
  -- Why it is where it is: class of the last failure.
  failure_class text collate "C",
  -- WorkOS's code, or ours.
  failure_code text,
  -- For people.
  failure_detail text,
  -- HTTP status, if there was an answer.
  failure_status integer,
  -- WorkOS's X-Request-ID.
  failure_request_id text,
  -- When it failed.
  failure_at timestamptz,
  PRIMARY KEY (subject),
  UNIQUE (lease_token),
  CHECK (((ended IS DISTINCT FROM 'delivered'::text) OR (wanted_version = delivered_version))),
  CHECK (((leased_version IS NULL) OR (leased_version <= wanted_version))),
  CHECK (((leased_version IS NULL) OR (leased_version > delivered_version))),
  CHECK (((priority >= 0) AND (priority <= 2))),
  CHECK (((state <> 'due'::text) OR (wanted_version > delivered_version))),
  CHECK (((state = 'idle'::text) = (ended IS NOT NULL))),
  CHECK (((state = 'leased'::text) = (lease_expires_at IS NOT NULL))),
  CHECK (((state = 'leased'::text) = (lease_token IS NOT NULL))),
  CHECK (((state = 'leased'::text) = (leased_by IS NOT NULL))),
  CHECK (((state = 'leased'::text) = (leased_version IS NOT NULL))),
  CHECK (((waits_on IS NULL) = (waits_version IS NULL))),
  CHECK (((waits_on IS NULL) OR (wait_until IS NOT NULL))),
  CHECK ((attempts >= 0)),
  CHECK ((delivered_version <= wanted_version)),
  CHECK ((ended = ANY (ARRAY['delivered'::text, 'cancelled'::text, 'observed'::text]))),
  CHECK ((leases >= 0)),
  CHECK ((requested = ANY (ARRAY['hold'::text, 'cancel'::text]))),
  CHECK ((state = ANY (ARRAY['idle'::text, 'due'::text, 'leased'::text, 'held'::text, 'dead'::text]))),
  CHECK ((wanted_version > 0))
) with (fillfactor=50, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);
CREATE INDEX lanes_due ON rolecall.lanes USING btree (priority, next_attempt_at) WHERE ((state = 'due'::text) AND (waits_on IS NULL) AND (look_after IS NULL));
CREATE INDEX lanes_due_by_organization ON rolecall.lanes USING btree (priority, organization_id, next_attempt_at) WHERE ((state = 'due'::text) AND (waits_on IS NULL) AND (look_after IS NULL));
CREATE INDEX lanes_lease_end ON rolecall.lanes USING btree (lease_expires_at) WHERE (state = 'leased'::text);
CREATE INDEX lanes_leased ON rolecall.lanes USING btree (leased_by) WHERE (state = 'leased'::text);
CREATE INDEX lanes_looking ON rolecall.lanes USING btree (look_after) WHERE (look_after IS NOT NULL);
CREATE INDEX lanes_owing_members ON rolecall.lanes USING btree (organization_id, owed_since_id) WHERE ((state = ANY (ARRAY['due'::text, 'leased'::text, 'held'::text])) AND (kind ~~ 'member.%'::text));
CREATE INDEX lanes_stopped ON rolecall.lanes USING btree (state, organization_id) WHERE (state = ANY (ARRAY['held'::text, 'dead'::text]));
CREATE INDEX lanes_waiting ON rolecall.lanes USING btree (waits_on, waits_version) WHERE (waits_on IS NOT NULL);
CREATE INDEX lanes_waiting_until ON rolecall.lanes USING btree (wait_until) WHERE (waits_on IS NOT NULL);

-- Subjects that somebody asked to have read at WorkOS; taken by the next worker, within a second.
create table rolecall.look_requests (
  -- Order of asking.
  id bigint not null generated always as identity,
  -- Whose it is.
  organization_id text collate "C" not null,
  -- The member to look at.
  subject text collate "C" not null,
  -- login: a session token says something else than was seen; request: request_member_sync.
  reason text not null,
  -- A member that was not known: what the token said, until WorkOS has been read.
  seen jsonb,
  -- When the token said it.
  seen_at text collate "C",
  -- Slugs of the token that nobody here knows, with that time.
  unresolved jsonb not null default '{}'::jsonb,
  -- When it was asked.
  asked_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (id),
  CHECK ((reason = ANY (ARRAY['login'::text, 'request'::text])))
) with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);
CREATE INDEX look_requests_by_subject ON rolecall.look_requests USING btree (subject);

-- Organizations linked to WorkOS since the last pull; their events may be in the inbox already.
create table rolecall.new_links (
  -- The organization.
  organization_id text collate "C" not null,
  -- When it was linked.
  linked_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (organization_id)
);

-- What WorkOS last showed of each subject, and what is known to have been applied there. Written by workers.
create table rolecall.observed (
  -- The subject.
  subject text collate "C" not null,
  -- Whose it is.
  organization_id text collate "C" not null,
  -- What it is at WorkOS.
  object_key text collate "C" not null,
  -- Which thing of that key is there: om_ id, or a role's created_at; null: none known.
  incarnation text collate "C",
  -- Its created_at, as WorkOS wrote it.
  incarnation_created_at text collate "C",
  -- Newest created_at among incarnations known to be gone; nothing older comes back.
  dead_incarnation_at text collate "C",
  -- Highest own version known to have been applied at WorkOS.
  echoed_version bigint not null default 0,
  -- Newest version that was seen at WorkOS with nothing on its way.
  confirmed_version bigint not null default 0,
  -- When that was recorded.
  confirmed_at timestamptz,
  -- WorkOS answered or was read at least once.
  looked boolean not null default false,
  -- The state last seen there; null: absent (or never looked).
  seen jsonb,
  -- updated_at of what was seen, as WorkOS wrote it.
  seen_at text collate "C",
  -- Memberships: active, inactive or pending.
  seen_status text collate "C",
  -- event, read or answer.
  seen_source text collate "C",
  -- The event, if it was one.
  seen_event_id text collate "C",
  -- A directory decides about this membership.
  directory_managed boolean not null default false,
  -- Slugs seen without a local role, with the updated_at they were seen at.
  unresolved jsonb not null default '{}'::jsonb,
  -- A read that was recorded and not reduced yet.
  pending_read jsonb,
  -- When a read of this subject is due; null: none is.
  verify_at timestamptz,
  -- Why.
  verify_reason text,
  -- A worker is reading it; free again then.
  reading_until timestamptz,
  -- New facts since then wait for the reducer; null: none do.
  reduce_due_at timestamptz,
  -- Why the reducer could not take the facts; in rolecall.attention.
  reduce_failure text,
  -- When a read began that did not find what was there; null: it was found since. A second such read removes it here.
  absent_since text collate "C",
  PRIMARY KEY (subject),
  CHECK ((seen_source = ANY (ARRAY['event'::text, 'read'::text, 'answer'::text])))
) with (fillfactor=60, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);
CREATE INDEX observed_asked ON rolecall.observed USING btree (verify_at) WHERE (verify_reason = ANY (ARRAY['login'::text, 'request'::text]));
CREATE INDEX observed_reads_waiting ON rolecall.observed USING btree (subject) WHERE (pending_read IS NOT NULL);
CREATE INDEX observed_reduce ON rolecall.observed USING btree (reduce_due_at) WHERE (reduce_due_at IS NOT NULL);
CREATE INDEX observed_verify ON rolecall.observed USING btree (verify_at) WHERE (verify_at IS NOT NULL);

-- Who belongs to which organization. The row survives leaving and rejoining.
create table rolecall.organization_memberships (
  -- The organization.
  organization_id text collate "C" not null,
  -- The person, as WorkOS names them.
  workos_user_id text collate "C" not null,
  -- Its subject.
  subject text collate "C" not null generated always as (((('member:'::text || rolecall.key_part(organization_id)) || ':'::text) || rolecall.key_part(workos_user_id))) stored,
  -- The person, as the application names them; null until known.
  user_id text collate "C",
  -- om_... at WorkOS; changes when somebody rejoins.
  workos_membership_id text collate "C",
  -- At WorkOS: active, inactive (suspended) or pending (invited).
  status text not null default 'active'::text,
  -- A directory decides about this membership and will undo our changes.
  directory_managed boolean not null default false,
  -- created_at of this membership id at WorkOS.
  workos_created_at timestamptz,
  -- updated_at that WorkOS last showed.
  workos_updated_at timestamptz,
  -- Newest WorkOS event applied to this row.
  workos_last_event_id text collate "C",
  -- Tombstone; null: a member.
  deleted_at timestamptz,
  -- When this row was made.
  created_at timestamptz not null default clock_timestamp(),
  -- When this row last changed.
  updated_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (organization_id, workos_user_id),
  UNIQUE (subject),
  UNIQUE (workos_membership_id),
  CHECK ((status = ANY (ARRAY['active'::text, 'inactive'::text, 'pending'::text]))),
  CHECK ((workos_user_id <> ''::text))
);
CREATE INDEX organization_memberships_by_user ON rolecall.organization_memberships USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX organization_memberships_unclaimed ON rolecall.organization_memberships USING btree (workos_user_id) WHERE (user_id IS NULL);

-- Who holds which role. Revoking leaves a tombstone; granting again makes a new row.
create table rolecall.organization_role_assignments (
  -- Names the assignment.
  id uuid not null default rolecall.uuid_v7(),
  -- The organization.
  organization_id text collate "C" not null,
  -- The member.
  workos_user_id text collate "C" not null,
  -- The member, as the application names them; null until known.
  user_id text collate "C",
  -- role:global:<uuid> or role:organization:<uuid>; no foreign key, an active role is joined.
  role_urn text collate "C" not null,
  -- updated_at of the membership as WorkOS showed it.
  workos_updated_at timestamptz,
  -- Newest WorkOS event applied to this row.
  workos_last_event_id text collate "C",
  -- Tombstone; null: held.
  deleted_at timestamptz,
  -- When the role was granted.
  created_at timestamptz not null default clock_timestamp(),
  -- When this row last changed.
  updated_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (id),
  CHECK ((role_urn ~ '^role:(global|organization):[0-9a-f-]{36}$'::text))
);
CREATE UNIQUE INDEX organization_role_assignments_active ON rolecall.organization_role_assignments USING btree (organization_id, workos_user_id, role_urn) WHERE (deleted_at IS NULL);
CREATE INDEX organization_role_assignments_by_role ON rolecall.organization_role_assignments USING btree (role_urn, organization_id) WHERE (deleted_at IS NULL);
CREATE INDEX organization_role_assignments_by_user ON rolecall.organization_role_assignments USING btree (organization_id, user_id) WHERE ((user_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX organization_role_assignments_past ON rolecall.organization_role_assignments USING btree (organization_id, workos_user_id) WHERE (deleted_at IS NOT NULL);

-- Roles of one organization. A slug that is deleted and created again is a new row: nobody inherits it.
create table rolecall.organization_roles (
  -- Part of the URN role:organization:<id> and of the subject of the same text.
  id uuid not null default rolecall.uuid_v7(),
  -- Its subject, which is its URN too.
  subject text collate "C" not null generated always as (('role:organization:'::text || (id)::text)) stored,
  -- The subject of its permissions.
  permissions_subject text collate "C" not null generated always as (('role_permissions:'::text || (id)::text)) stored,
  -- Whose role it is.
  organization_id text collate "C" not null,
  -- Its name at WorkOS, with the prefix org-; never changes.
  workos_slug text collate "C" not null,
  -- For people; 1 to 48 characters (WorkOS's limit).
  name text not null,
  -- For people; at most 150 characters (WorkOS's limit).
  description text,
  -- Permission slugs, managed as a subject of their own; null: not managed here.
  permissions text[],
  -- created_at at WorkOS: which incarnation of the slug this is.
  workos_created_at timestamptz,
  -- updated_at that WorkOS last showed.
  workos_updated_at timestamptz,
  -- Newest WorkOS event applied to this row.
  workos_last_event_id text collate "C",
  -- Tombstone; null: active.
  deleted_at timestamptz,
  -- When this row was made.
  created_at timestamptz not null default clock_timestamp(),
  -- When this row last changed.
  updated_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (id),
  UNIQUE (permissions_subject),
  UNIQUE (subject),
  CHECK (((char_length(description) >= 1) AND (char_length(description) <= 150))),
  CHECK (((char_length(name) >= 1) AND (char_length(name) <= 48))),
  CHECK ((cardinality(permissions) <= 500)),
  CHECK ((workos_slug ~ '^org-[a-z0-9_-]{1,44}$'::text))
);
CREATE UNIQUE INDEX organization_roles_active_slug ON rolecall.organization_roles USING btree (organization_id, workos_slug) WHERE (deleted_at IS NULL);
CREATE INDEX organization_roles_by_organization ON rolecall.organization_roles USING btree (organization_id, workos_slug);

-- One row per customer organization of the application.
create table rolecall.organizations (
  -- The application's own id.
  id text collate "C" not null,
  -- For people.
  name text not null,
  -- For people and addresses; optional.
  slug text,
  -- org_... at WorkOS; null: not linked, its roles cannot be changed.
  workos_organization_id text collate "C",
  -- updated_at that WorkOS last showed.
  workos_updated_at timestamptz,
  -- Newest WorkOS event applied to this row.
  workos_last_event_id text collate "C",
  -- Overrides provider_control.default_role_slug for this organization.
  default_role_slug text,
  -- When roles began to be enforced here.
  rbac_enabled_at timestamptz,
  -- When the organization was switched off or deleted at WorkOS.
  disabled_at timestamptz,
  -- When this row was made.
  created_at timestamptz not null default clock_timestamp(),
  -- When this row last changed.
  updated_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (id),
  UNIQUE (workos_organization_id),
  CHECK ((id <> ''::text)),
  CHECK ((workos_organization_id <> ''::text))
);
CREATE INDEX organizations_compared ON rolecall.organizations USING btree (id) WHERE ((workos_organization_id IS NOT NULL) AND (disabled_at IS NULL));

-- What changed and no worker has taken in yet. Inserted in the transaction of the change; never updated; moved once into outbox_history by intake. What became of a version: rolecall.outbox_all.
create table rolecall.outbox (
  -- A name for people; order is decided by version.
  id bigint not null generated always as identity,
  -- Whose it is.
  organization_id text collate "C" not null,
  -- What it changes.
  subject text collate "C" not null,
  -- The subject's version that it carries; one row each.
  version bigint not null,
  -- role.push, role.permissions, role.remove, member.push or member.remove: the workflow that says it. A kind that no program knows stays until a newer program comes, and is in rolecall.attention after 10 minutes.
  kind text collate "C" not null,
  -- The complete desired state, not a change.
  desired jsonb not null,
  -- Versions that must be delivered first (for 60 s at most; revocations do not wait).
  waits_for rolecall.wait[] not null default '{}'::rolecall.wait[],
  -- 0 revocation, 1 ordinary, 2 bulk and corrections.
  priority smallint not null default 1,
  -- When the mutation was made.
  enqueued_at timestamptz not null default clock_timestamp(),
  -- app.user_id of the transaction, or the session's user, or a named rule.
  enqueued_by text not null,
  -- app.reason of the transaction, or the verdict that made a correction.
  reason text,
  PRIMARY KEY (id),
  UNIQUE (subject, version),
  CHECK (((priority >= 0) AND (priority <= 2))),
  CHECK ((jsonb_typeof(desired) = 'object'::text)),
  CHECK ((kind ~ '^[a-z][a-z0-9_.]{0,62}$'::text)),
  CHECK ((version > 0))
);
CREATE INDEX outbox_by_organization ON rolecall.outbox USING btree (priority, organization_id, id);
CREATE INDEX outbox_members ON rolecall.outbox USING btree (organization_id, id) WHERE (kind ~~ 'member.%'::text);
CREATE INDEX outbox_order ON rolecall.outbox USING btree (priority, id);

-- What each attempt came to, for rolecall.explain and outbox_all. Partitioned by day.
create table rolecall.outbox_attempts (
  -- Order of writing.
  id bigint not null generated always as identity,
  -- What was said.
  subject text collate "C" not null,
  -- Which version.
  version bigint not null,
  -- Under which lease.
  lease_token bigint not null,
  -- By which worker session.
  worker bigint not null,
  -- What came of it: delivered, partial, retry, look, held or dead.
  outcome text collate "C" not null,
  -- Class of the failure; none: it was delivered.
  failure_class text collate "C" not null,
  -- WorkOS's code, or ours.
  failure_code text,
  -- For people.
  failure_detail text,
  -- HTTP status, if there was an answer.
  http_status integer,
  -- WorkOS's X-Request-ID.
  request_id text,
  -- When it was recorded.
  at timestamptz not null default clock_timestamp()
) partition by range (at);
CREATE INDEX outbox_attempts_by_subject ON ONLY rolecall.outbox_attempts USING btree (subject, version, id);

-- Outbox rows that a worker has taken in: insert-only, partitioned by day, dropped by partition, never a row that did not converge.
create table rolecall.outbox_history (
  -- outbox.id.
  id bigint not null,
  -- Whose it is.
  organization_id text collate "C" not null,
  -- What it changes.
  subject text collate "C" not null,
  -- The subject's version that it carries.
  version bigint not null,
  -- The workflow that says it.
  kind text collate "C" not null,
  -- The complete desired state.
  desired jsonb not null,
  -- Versions that had to be delivered first.
  waits_for rolecall.wait[] not null,
  -- 0 revocation, 1 ordinary, 2 bulk and corrections.
  priority smallint not null,
  -- When the mutation was made.
  enqueued_at timestamptz not null,
  -- Who made it.
  enqueued_by text not null,
  -- Why.
  reason text,
  -- When a worker took it in.
  taken_at timestamptz not null default clock_timestamp()
) partition by range (taken_at);
CREATE INDEX outbox_history_by_id ON ONLY rolecall.outbox_history USING btree (id);
CREATE INDEX outbox_history_by_subject ON ONLY rolecall.outbox_history USING btree (subject, version);

-- What a principal may do in an organization. A grant that is taken back is deleted.
create table rolecall.principal_grants (
  -- Names the grant.
  id uuid not null default rolecall.uuid_v7(),
  -- Where it counts.
  organization_id text collate "C" not null,
  -- role:global:<uuid>, role:organization:<uuid>, user:<id>; no foreign key, an active role is joined.
  principal_urn text collate "C" not null,
  -- What may be done: project:write.
  scope text collate "C" not null,
  -- To which resources: {"resource_kind": "project", "resource_id": "*"}; all of its fields must fit.
  selectors jsonb not null,
  -- When it was granted.
  created_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (id),
  UNIQUE (organization_id, principal_urn, scope, selectors),
  CHECK (((jsonb_typeof(selectors) = 'object'::text) AND (selectors <> '{}'::jsonb))),
  CHECK ((principal_urn ~ '^(role|user|email):.'::text)),
  CHECK ((scope <> ''::text))
);
CREATE INDEX principal_grants_by_principal ON rolecall.principal_grants USING btree (principal_urn, organization_id);

-- WorkOS's published limits and the share of them that Rolecall may use.
create table rolecall.provider_budgets (
  -- Which calls: all, reads or writes under /user_management, organization deletes.
  class text collate "C" not null,
  -- Calls that WorkOS allows.
  limit_calls integer not null,
  -- In how many milliseconds.
  per_ms integer not null,
  -- The part of it that is ours; the rest is the application's.
  share double precision not null default 0.5,
  PRIMARY KEY (class),
  CHECK (((share > (0)::double precision) AND (share <= (1)::double precision))),
  CHECK ((class = ANY (ARRAY['general'::text, 'um_read'::text, 'um_write'::text, 'organization_delete'::text]))),
  CHECK ((limit_calls > 0)),
  CHECK ((per_ms > 0))
);

-- What operators decide about WorkOS; workers only read it. One row.
create table rolecall.provider_control (
  -- Always 1.
  id integer not null default 1,
  -- Since when nothing is sent; null: not paused.
  paused_at timestamptz,
  -- Who paused.
  paused_by text,
  -- Why.
  pause_reason text,
  -- The role that a member has at least; WorkOS does not say which it is.
  default_role_slug text not null default 'member'::text,
  -- Whether the environment allows several roles per member.
  multiple_roles boolean not null default true,
  -- Milliseconds after which a read surely shows a write.
  visibility_ms integer not null default 30000,
  -- Milliseconds after which an unanswered request can no longer be applied.
  send_window_ms integer not null default 900000,
  -- Milliseconds that a lane waits for another at most.
  wait_bound_ms integer not null default 60000,
  -- Seconds of the provider's time up after which an undelivered lane is held.
  up_seconds_allowed double precision not null default 604800,
  -- Days that outbox_history and outbox_attempts keep rows that converged.
  history_days integer not null default 90,
  -- The mass-revoke guard holds what would revoke more than this part of an organization's assignments within guard_window_ms. 1: it holds nothing.
  guard_share double precision not null default 0.2,
  -- And at least so many; 2 or more, so that a single revocation is never held.
  guard_minimum integer not null default 10,
  -- Milliseconds for which a revocation is counted; at most a sixth longer.
  guard_window_ms integer not null default 3600000,
  -- An organization with something delivered and not confirmed for so many milliseconds is reconciled before the others.
  unconfirmed_bound_ms integer not null default 900000,
  -- Milliseconds that facts wait at most for the event stream to be read to its end; 0: they do not wait.
  read_ahead_ms integer not null default 15000,
  PRIMARY KEY (id),
  CHECK (((guard_share >= (0)::double precision) AND (guard_share <= (1)::double precision))),
  CHECK (((guard_window_ms >= 60000) AND (guard_window_ms <= 604800000))),
  CHECK (((history_days >= 1) AND (history_days <= 3650))),
  CHECK (((paused_at IS NULL) = (pause_reason IS NULL))),
  CHECK (((read_ahead_ms >= 0) AND (read_ahead_ms <= 600000))),
  CHECK (((send_window_ms >= 1000) AND (send_window_ms <= 86400000))),
  CHECK (((unconfirmed_bound_ms >= 1000) AND (unconfirmed_bound_ms <= 604800000))),
  CHECK (((visibility_ms >= 0) AND (visibility_ms <= 600000))),
  CHECK (((wait_bound_ms >= 1000) AND (wait_bound_ms <= 3600000))),
  CHECK ((guard_minimum >= 2)),
  CHECK ((id = 1)),
  CHECK ((up_seconds_allowed > (0)::double precision))
);

-- Calls given out to replicas, and how far answers of 429 slowed them; written by workers. One row a rate class.
create table rolecall.provider_pace (
  -- As in provider_budgets, where the limits are.
  class text collate "C" not null,
  -- When the call after the last one given out may leave.
  given_until timestamptz not null default clock_timestamp(),
  -- No call leaves before: WorkOS asked for it.
  quiet_until timestamptz not null default clock_timestamp(),
  -- The part of the budget that was left when WorkOS last answered 429; it grows back with time.
  factor double precision not null default 1,
  -- When that was.
  slowed_at timestamptz not null default clock_timestamp(),
  -- Where the window of provider_budgets.per_ms began that is counted now.
  window_at timestamptz not null default clock_timestamp(),
  -- Calls given out in it and not refused.
  window_given integer not null default 0,
  -- Calls given out in the window before it and not refused.
  window_before integer not null default 0,
  -- Answers of 429 in all.
  throttled bigint not null default 0,
  PRIMARY KEY (class),
  CHECK (((factor > (0)::double precision) AND (factor <= (1)::double precision))),
  CHECK ((class = ANY (ARRAY['general'::text, 'um_read'::text, 'um_write'::text, 'organization_delete'::text])))
) with (fillfactor=50);

-- The breaker that all replicas share; written by workers. One row.
create table rolecall.provider_state (
  -- Always 1.
  id integer not null default 1,
  -- up; open: it does not answer, one probe at a time; unauthorised: it refuses the key.
  state text collate "C" not null default 'up'::text,
  -- Since when.
  since timestamptz not null default clock_timestamp(),
  -- Failures in a row.
  failures integer not null default 0,
  -- When the next probe may leave.
  probe_at timestamptz,
  -- Probes since it went down.
  probes integer not null default 0,
  -- The newest failure, for people.
  detail text,
  -- Seconds that it was up in all, until up_marked_at.
  up_seconds double precision not null default 0,
  -- Until when up_seconds was counted.
  up_marked_at timestamptz not null default clock_timestamp(),
  -- WorkOS's clock minus the database's, from the Date of answers.
  clock_offset_ms integer not null default 0,
  PRIMARY KEY (id),
  CHECK (((state = 'up'::text) = (probe_at IS NULL))),
  CHECK ((id = 1)),
  CHECK ((state = ANY (ARRAY['up'::text, 'open'::text, 'unauthorised'::text])))
) with (fillfactor=50);

-- What the last reconciliation of each organization found to differ; a row goes when a later pass no longer finds it.
create table rolecall.reconcile_findings (
  -- Whose it is.
  organization_id text collate "C" not null,
  -- What differs; of what nobody here knows, its key at WorkOS.
  subject text collate "C" not null,
  -- role (its name and description), permissions (of a role) or member.
  family text collate "C" not null,
  -- A role's slug, or a member's WorkOS user id.
  name text collate "C" not null,
  -- How it came about; rolecall.plan explains each.
  class text collate "C" not null,
  -- What differs: role or permission slugs, name, description, presence, status, directory_managed.
  fields text[] not null default '{}'::text[],
  -- What is wanted here; null: absent.
  local_value jsonb,
  -- What WorkOS showed; null: absent.
  remote_value jsonb,
  -- The local version that was compared; 0: nothing is known here.
  version bigint not null default 0,
  -- Who last changed it here, by the audit log.
  local_by text,
  -- When.
  local_at timestamptz,
  -- By which function or verdict.
  local_action text,
  -- Why, if they said so.
  local_reason text,
  -- updated_at at WorkOS, as WorkOS wrote it.
  remote_updated_at text collate "C",
  -- Memberships: active, inactive or pending.
  remote_status text collate "C",
  -- What else is known, for people.
  detail text not null default ''::text,
  -- What repairs it: take_over, say_again, merge, enter, say, know_role or none.
  action text collate "C" not null,
  -- Calls to WorkOS that this takes.
  calls integer not null,
  -- How long they take within the budget.
  seconds double precision not null,
  -- The pass that found it last.
  pass bigint not null,
  -- When it was first found to be in this class.
  first_seen_at timestamptz not null default clock_timestamp(),
  -- When it was last found so.
  last_seen_at timestamptz not null default clock_timestamp(),
  -- When its repair was last begun; null: it was not.
  applied_at timestamptz,
  -- What became of that.
  applied text,
  PRIMARY KEY (organization_id, subject),
  CHECK (((applied_at IS NULL) = (applied IS NULL))),
  CHECK ((calls >= 0)),
  CHECK ((class = ANY (ARRAY['pending'::text, 'stopped'::text, 'lost_write'::text, 'late_write'::text, 'external_edit'::text, 'missing_there'::text, 'missing_here'::text, 'directory_managed'::text, 'unresolved_role'::text, 'pending_invitation'::text, 'unsaid'::text]))),
  CHECK ((family = ANY (ARRAY['role'::text, 'permissions'::text, 'member'::text]))),
  CHECK ((seconds >= (0)::double precision))
) with (fillfactor=80);
CREATE INDEX reconcile_findings_by_class ON rolecall.reconcile_findings USING btree (class, first_seen_at);

-- What was known of each subject before a pass read WorkOS; what moved since is read again. Gone when the pass ends.
create table rolecall.reconcile_notes (
  -- The organization that is being reconciled.
  organization_id text collate "C" not null,
  -- The subject.
  subject text collate "C" not null,
  -- Its version then; 0: a row of the mirror that has no subject, or a subject that was made since.
  version bigint not null,
  -- The version that was delivered then.
  delivered bigint not null,
  -- Its newest send then; 0: none.
  send bigint not null,
  -- WorkOS has shown it in this pass.
  found boolean not null default false,
  PRIMARY KEY (organization_id, subject)
) with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0, fillfactor=50);

-- What the schedule reconcile does about each class of difference. rolecall reconcile --apply asks nobody.
create table rolecall.reconcile_policies (
  -- As in reconcile_findings.
  class text collate "C" not null,
  -- true: it is repaired when it is found. false: it is reported only.
  repair boolean not null default false,
  PRIMARY KEY (class),
  CHECK ((class = ANY (ARRAY['lost_write'::text, 'late_write'::text, 'external_edit'::text, 'missing_there'::text, 'missing_here'::text, 'directory_managed'::text, 'unresolved_role'::text, 'pending_invitation'::text, 'unsaid'::text])))
);

-- One row per organization that was ever reconciled: its last pass.
create table rolecall.reconciliations (
  -- The organization.
  organization_id text collate "C" not null,
  -- Counts its passes; the fence: an older pass writes nothing any more.
  pass bigint not null,
  -- When the newest pass began.
  begun_at timestamptz not null,
  -- Who began it: a database user, or a worker session.
  begun_by text not null,
  -- When it ended; null: it is under way, or was interrupted.
  ended_at timestamptz,
  -- When the last pass ended that read both sides in full; null: none did.
  checked_at timestamptz,
  -- Calls to WorkOS that the last ended pass took.
  calls integer not null default 0,
  -- Roles, role permissions and members that it compared.
  compared integer not null default 0,
  -- Subjects that it could not judge: they changed each time it looked, the event stream did not reach past the read, or WorkOS did not answer for them; of what nobody here knows, its key at WorkOS.
  unjudged text[] not null default '{}'::text[],
  -- Why the last ended pass did not read all; null: it did.
  failure text,
  PRIMARY KEY (organization_id),
  CHECK ((ended_at >= begun_at))
) with (fillfactor=80);
CREATE INDEX reconciliations_by_check ON rolecall.reconciliations USING btree (checked_at);
CREATE INDEX reconciliations_open ON rolecall.reconciliations USING btree (begun_at) WHERE (ended_at IS NULL);

-- Work that recurs; leased like any other, so that one replica runs each.
create table rolecall.schedules (
  -- What it does.
  name text collate "C" not null,
  -- Whether it runs.
  enabled boolean not null,
  -- Milliseconds between runs.
  every_ms integer not null,
  -- When it runs next.
  due_at timestamptz not null default clock_timestamp(),
  -- The worker session that runs it now.
  leased_by bigint,
  -- When another may take it over.
  lease_expires_at timestamptz,
  -- When it last ended.
  last_run_at timestamptz,
  -- What it did then.
  last_result text,
  -- reconcile: the organization that had the last turn; they have theirs in the order of their ids.
  reached text collate "C" not null default ''::text,
  PRIMARY KEY (name),
  CHECK ((every_ms > 0))
);

-- Numbered migrations that this database has had, by `rolecall migrate`.
create table rolecall.schema_migrations (
  -- Its number.
  version integer not null,
  -- Its file, without ending.
  name text not null,
  -- The oldest program version that may run on the schema since then.
  oldest_program text not null,
  -- SHA-256 of its text, which never changes once applied.
  digest text not null,
  -- When.
  applied_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (version)
);

-- Files of functions and views, applied again whenever one of them changed.
create table rolecall.schema_objects (
  -- The file, without ending.
  name text not null,
  -- SHA-256 of its text.
  digest text not null,
  -- When it last changed.
  applied_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (name)
);

-- What may reach WorkOS: inserted by the lease, before a byte leaves; gone when answered and echoed, when it cannot be applied, or when aged out.
create table rolecall.sends (
  -- Order of leasing.
  id bigint not null generated always as identity,
  -- What it says.
  subject text collate "C" not null,
  -- What it is at WorkOS; events and reads match on it.
  object_key text collate "C" not null,
  -- Which version it says.
  version bigint not null,
  -- Under which lease.
  lease_token bigint not null,
  -- put (absolute write), create (POST) or delete.
  operation text collate "C" not null,
  -- Which thing of that key it addresses; null for a create.
  incarnation text collate "C",
  -- The state that it says; null for a delete.
  value jsonb,
  -- Role slugs that it names: a slug in an open send cannot be created anew.
  names_slugs text[] not null default '{}'::text[],
  -- open: may have been or may still be applied. answered: 2xx. matched: a read or event showed it.
  state text collate "C" not null default 'open'::text,
  -- When it was leased.
  leased_at timestamptz not null default clock_timestamp(),
  -- What the 2xx showed: incarnation, created_at, updated_at, status, value.
  answer jsonb,
  -- When the answer was recorded.
  answered_at timestamptz,
  -- Its answer was taken into observed.seen.
  absorbed boolean not null default false,
  -- updated_at of the answer or of the match.
  workos_updated_at text collate "C",
  -- X-Request-ID of the answer.
  request_id text,
  PRIMARY KEY (id),
  CHECK (((operation = 'delete'::text) = (value IS NULL))),
  CHECK (((state = 'answered'::text) <= (answer IS NOT NULL))),
  CHECK ((operation = ANY (ARRAY['put'::text, 'create'::text, 'delete'::text]))),
  CHECK ((state = ANY (ARRAY['open'::text, 'answered'::text, 'matched'::text])))
);
CREATE INDEX sends_by_age ON rolecall.sends USING btree (leased_at);
CREATE INDEX sends_by_subject ON rolecall.sends USING btree (subject, id);
CREATE INDEX sends_by_token ON rolecall.sends USING btree (lease_token);
CREATE INDEX sends_open_slugs ON rolecall.sends USING gin (names_slugs) WHERE (state = 'open'::text);

-- What should be: one row per thing that WorkOS must hold. The row is the subject's lock and counter.
create table rolecall.subjects (
  -- role:organization:<uuid>, role_permissions:<uuid> or member:<organization>:<workos user>; never parsed.
  subject text collate "C" not null,
  -- Whose it is.
  organization_id text collate "C" not null,
  -- What it is at WorkOS: role:<org_>:<slug>, permissions:<org_>:<slug> or member:<org_>:<user_>; parts percent-encoded.
  object_key text collate "C" not null,
  -- Counts local changes in commit order; "newer" means this and nothing else.
  version bigint not null,
  -- The workflow that says the newest version; a kind that removes means: absent.
  kind text collate "C" not null,
  -- The complete state of the newest version.
  desired jsonb not null,
  -- Element -> version of its last local change: a role slug, name, description, a permission slug, * for presence.
  touched jsonb not null default '{}'::jsonb,
  -- When its first version was made; of two subjects with one object_key the newer owns what is made there from then on.
  created_at timestamptz not null default clock_timestamp(),
  -- When the newest version was made.
  updated_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (subject),
  CHECK (((subject <> ''::text) AND (subject !~ '[*]'::text))),
  CHECK ((jsonb_typeof(desired) = 'object'::text)),
  CHECK ((jsonb_typeof(touched) = 'object'::text)),
  CHECK ((version > 0))
) with (fillfactor=80);
CREATE INDEX subjects_by_object ON rolecall.subjects USING btree (object_key);
CREATE INDEX subjects_by_organization ON rolecall.subjects USING btree (organization_id);

-- One row per person that the application knows.
create table rolecall.users (
  -- The application's own id.
  id text collate "C" not null,
  -- For people; not an identity.
  email text not null,
  -- For people; optional.
  display_name text,
  -- user_... at WorkOS; null: never signed in.
  workos_user_id text collate "C",
  -- updated_at that WorkOS last showed.
  workos_updated_at timestamptz,
  -- Newest WorkOS event applied to this row.
  workos_last_event_id text collate "C",
  -- Tombstone; null: the person is there.
  deleted_at timestamptz,
  -- When this row was made.
  created_at timestamptz not null default clock_timestamp(),
  -- When this row last changed.
  updated_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (id),
  UNIQUE (workos_user_id),
  CHECK ((id <> ''::text)),
  CHECK ((workos_user_id <> ''::text))
);
CREATE INDEX users_by_email ON rolecall.users USING btree (lower(email));

-- One row per worker process and per reconnect. A session that ended is never revived.
create table rolecall.worker_sessions (
  -- The key of its advisory lock (7071, id).
  id bigint not null generated always as identity,
  -- It holds that lock while it lives; false behind a transaction pooler: only lease time frees its lanes.
  locks boolean not null,
  -- Version of the program.
  program_version text not null,
  -- For people.
  host text not null,
  -- For people.
  process_id integer not null,
  -- When it began.
  opened_at timestamptz not null default clock_timestamp(),
  -- When it last asked for work (about once a second).
  last_seen_at timestamptz not null default clock_timestamp(),
  -- Its lock was free at a first look.
  suspect_since timestamptz,
  -- When it was found gone, or closed.
  retired_at timestamptz,
  -- closed (drained), lost (its lock was free twice) or lease_time.
  retired_because text,
  PRIMARY KEY (id),
  CHECK ((retired_because = ANY (ARRAY['closed'::text, 'lost'::text, 'lease_time'::text])))
);
CREATE INDEX worker_sessions_live ON rolecall.worker_sessions USING btree (id) WHERE (retired_at IS NULL);

-- The cursor of each organization's events, and where it stands still.
create table rolecall.workos_organization_syncs (
  -- org_... at WorkOS.
  workos_organization_id text collate "C" not null,
  -- The newest event that nothing held up; a replay begins after it. Empty: none yet.
  last_event_id text collate "C" not null,
  -- The inbox row that cannot be applied; the organization's later ones wait.
  parked_seq bigint,
  -- Why.
  parked_reason text,
  -- Since when; null: its events are applied as they come.
  parked_at timestamptz,
  -- replay_organization was called; null: no replay is under way.
  replay_asked_at timestamptz,
  -- How far the replay has read.
  replayed_to text collate "C",
  -- When the row changed.
  updated_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (workos_organization_id),
  CHECK ((((parked_at IS NULL) = (parked_seq IS NULL)) AND ((parked_at IS NULL) = (parked_reason IS NULL)))),
  CHECK ((workos_organization_id <> ''::text))
);
CREATE INDEX workos_organization_syncs_parked ON rolecall.workos_organization_syncs USING btree (parked_at) WHERE (parked_at IS NOT NULL);
CREATE INDEX workos_organization_syncs_replays ON rolecall.workos_organization_syncs USING btree (replay_asked_at) WHERE (replay_asked_at IS NOT NULL);

-- The cursor of the environment's event stream; no row: nothing was read yet. One row.
create table rolecall.workos_user_syncs (
  -- Always 1.
  id integer not null default 1,
  -- The newest event in the inbox; the next page begins after it.
  last_event_id text collate "C" not null,
  -- When that happened, as WorkOS wrote it.
  last_event_at text collate "C" not null,
  -- When it moved.
  updated_at timestamptz not null default clock_timestamp(),
  PRIMARY KEY (id),
  CHECK ((id = 1)),
  CHECK ((last_event_id <> ''::text))
);

alter table rolecall.adoptions add FOREIGN KEY (run) REFERENCES rolecall.adoption_runs(number);
alter table rolecall.organization_memberships add FOREIGN KEY (organization_id) REFERENCES rolecall.organizations(id);
alter table rolecall.organization_memberships add FOREIGN KEY (user_id) REFERENCES rolecall.users(id);
alter table rolecall.organization_role_assignments add FOREIGN KEY (organization_id, workos_user_id) REFERENCES rolecall.organization_memberships(organization_id, workos_user_id);
alter table rolecall.organization_roles add FOREIGN KEY (organization_id) REFERENCES rolecall.organizations(id);
alter table rolecall.principal_grants add FOREIGN KEY (organization_id) REFERENCES rolecall.organizations(id) ON DELETE CASCADE;
