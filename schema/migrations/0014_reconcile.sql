-- oldest program: 0.1.0
-- Reconciliation: both sides of an organization read in full and compared; what differs, since when, and what to do.

create table rolecall.reconciliations (
  organization_id text collate "C" primary key,
  pass bigint not null,
  begun_at timestamptz not null,
  begun_by text not null,
  ended_at timestamptz,
  checked_at timestamptz,
  calls int not null default 0,
  compared int not null default 0,
  unjudged text[] not null default '{}',
  failure text,
  check (ended_at >= begun_at)
) with (fillfactor = 80);
create index reconciliations_by_check on rolecall.reconciliations (checked_at);
comment on table rolecall.reconciliations is 'One row per organization that was ever reconciled: its last pass.';
comment on column rolecall.reconciliations.organization_id is 'The organization.';
comment on column rolecall.reconciliations.pass is 'Counts its passes; the fence: an older pass writes nothing any more.';
comment on column rolecall.reconciliations.begun_at is 'When the newest pass began.';
comment on column rolecall.reconciliations.begun_by is 'Who began it: a database user, or a worker session.';
comment on column rolecall.reconciliations.ended_at is 'When it ended; null: it is under way, or was interrupted.';
comment on column rolecall.reconciliations.checked_at is 'When the last pass ended that read both sides in full; null: none did.';
comment on column rolecall.reconciliations.calls is 'Calls to WorkOS that the last ended pass took.';
comment on column rolecall.reconciliations.compared is 'Roles, role permissions and members that it compared.';
comment on column rolecall.reconciliations.unjudged is 'Subjects that it could not judge: they changed each time it looked, or the event stream did not reach past the read.';
comment on column rolecall.reconciliations.failure is 'Why the last ended pass did not read all; null: it did.';

create unlogged table rolecall.reconcile_notes (
  organization_id text collate "C" not null,
  subject text collate "C" not null,
  version bigint not null,
  delivered bigint not null,
  send bigint not null,
  found boolean not null default false,
  primary key (organization_id, subject)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table rolecall.reconcile_notes is 'What was known of each subject before a pass read WorkOS; what moved since is read again. Gone when the pass ends.';
comment on column rolecall.reconcile_notes.organization_id is 'The organization that is being reconciled.';
comment on column rolecall.reconcile_notes.subject is 'The subject.';
comment on column rolecall.reconcile_notes.version is 'Its version then; 0: a row of the mirror that has no subject.';
comment on column rolecall.reconcile_notes.delivered is 'The version that was delivered then.';
comment on column rolecall.reconcile_notes.send is 'Its newest send then; 0: none.';
comment on column rolecall.reconcile_notes.found is 'WorkOS has shown it in this pass.';

create table rolecall.reconcile_findings (
  organization_id text collate "C" not null,
  subject text collate "C" not null,
  family text collate "C" not null check (family in ('role', 'permissions', 'member')),
  name text collate "C" not null,
  class text collate "C" not null check (class in (
    'pending', 'stopped', 'lost_write', 'late_write', 'external_edit', 'missing_there', 'missing_here',
    'directory_managed', 'unresolved_role', 'pending_invitation', 'unsaid')),
  fields text[] not null default '{}',
  local_value jsonb,
  remote_value jsonb,
  version bigint not null default 0,
  local_by text,
  local_at timestamptz,
  local_action text,
  local_reason text,
  remote_updated_at text collate "C",
  remote_status text collate "C",
  detail text not null default '',
  action text collate "C" not null,
  calls int not null check (calls >= 0),
  seconds double precision not null check (seconds >= 0),
  pass bigint not null,
  first_seen_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  applied_at timestamptz,
  applied text,
  primary key (organization_id, subject),
  check ((applied_at is null) = (applied is null))
) with (fillfactor = 80);
create index reconcile_findings_by_class on rolecall.reconcile_findings (class, first_seen_at);
comment on table rolecall.reconcile_findings is 'What the last reconciliation of each organization found to differ; a row goes when a later pass no longer finds it.';
comment on column rolecall.reconcile_findings.organization_id is 'Whose it is.';
comment on column rolecall.reconcile_findings.subject is 'What differs; of what nobody here knows, its key at WorkOS.';
comment on column rolecall.reconcile_findings.family is 'role (its name and description), permissions (of a role) or member.';
comment on column rolecall.reconcile_findings.name is 'A role''s slug, or a member''s WorkOS user id.';
comment on column rolecall.reconcile_findings.class is 'How it came about; rolecall.plan explains each.';
comment on column rolecall.reconcile_findings.fields is 'What differs: role or permission slugs, name, description, presence, status, directory_managed.';
comment on column rolecall.reconcile_findings.local_value is 'What is wanted here; null: absent.';
comment on column rolecall.reconcile_findings.remote_value is 'What WorkOS showed; null: absent.';
comment on column rolecall.reconcile_findings.version is 'The local version that was compared; 0: nothing is known here.';
comment on column rolecall.reconcile_findings.local_by is 'Who last changed it here, by the audit log.';
comment on column rolecall.reconcile_findings.local_at is 'When.';
comment on column rolecall.reconcile_findings.local_action is 'By which function or verdict.';
comment on column rolecall.reconcile_findings.local_reason is 'Why, if they said so.';
comment on column rolecall.reconcile_findings.remote_updated_at is 'updated_at at WorkOS, as WorkOS wrote it.';
comment on column rolecall.reconcile_findings.remote_status is 'Memberships: active, inactive or pending.';
comment on column rolecall.reconcile_findings.detail is 'What else is known, for people.';
comment on column rolecall.reconcile_findings.action is 'What repairs it: take_over, say_again, merge, enter, say, know_role or none.';
comment on column rolecall.reconcile_findings.calls is 'Calls to WorkOS that this takes.';
comment on column rolecall.reconcile_findings.seconds is 'How long they take within the budget.';
comment on column rolecall.reconcile_findings.pass is 'The pass that found it last.';
comment on column rolecall.reconcile_findings.first_seen_at is 'When it was first found to be in this class.';
comment on column rolecall.reconcile_findings.last_seen_at is 'When it was last found so.';
comment on column rolecall.reconcile_findings.applied_at is 'When its repair was last begun; null: it was not.';
comment on column rolecall.reconcile_findings.applied is 'What became of that.';

create table rolecall.reconcile_policies (
  class text collate "C" primary key check (class in (
    'lost_write', 'late_write', 'external_edit', 'missing_there', 'missing_here', 'directory_managed', 'unresolved_role',
    'pending_invitation', 'unsaid')),
  repair boolean not null default false
);
insert into rolecall.reconcile_policies (class, repair) values
  ('lost_write', true), ('late_write', true), ('external_edit', false), ('missing_there', false), ('missing_here', false),
  ('directory_managed', false), ('unresolved_role', false), ('pending_invitation', false), ('unsaid', false);
comment on table rolecall.reconcile_policies is 'What the schedule reconcile does about each class of difference. rolecall reconcile --apply asks nobody.';
comment on column rolecall.reconcile_policies.class is 'As in reconcile_findings.';
comment on column rolecall.reconcile_policies.repair is 'true: it is repaired when it is found. false: it is reported only.';

alter table rolecall.provider_control
  add column unconfirmed_bound_ms int not null default 900000 check (unconfirmed_bound_ms between 1000 and 604800000);
comment on column rolecall.provider_control.unconfirmed_bound_ms is 'An organization with something delivered and not confirmed for so many milliseconds is reconciled before the others.';

insert into rolecall.schedules (name, enabled, every_ms) values ('reconcile', false, 86400000);
