-- oldest program: 0.1.0
-- The mass-revoke guard: what would take too many of an organization's assignments waits for a person.

alter table rolecall.provider_control
  add column guard_share double precision not null default 0.2 check (guard_share between 0 and 1),
  add column guard_minimum int not null default 10 check (guard_minimum >= 2),
  add column guard_window_ms int not null default 3600000 check (guard_window_ms between 60000 and 604800000);
comment on column rolecall.provider_control.guard_share is 'The mass-revoke guard holds what would revoke more than this part of an organization''s assignments within guard_window_ms. 1: it holds nothing.';
comment on column rolecall.provider_control.guard_minimum is 'And at least so many; 2 or more, so that a single revocation is never held.';
comment on column rolecall.provider_control.guard_window_ms is 'Milliseconds for which a revocation is counted; at most a sixth longer.';

create table rolecall.guard_windows (
  organization_id text collate "C" not null,
  source text collate "C" not null check (source in ('reducer', 'application')),
  slot bigint not null,
  revoked int[] not null check (cardinality(revoked) = 7),
  assignments int not null check (assignments >= 0),
  primary key (organization_id, source)
) with (fillfactor = 50);
comment on table rolecall.guard_windows is 'What the mass-revoke guard let pass of late. Written under the advisory lock (7074, organization and source).';
comment on column rolecall.guard_windows.organization_id is 'Whose assignments were revoked.';
comment on column rolecall.guard_windows.source is 'reducer: because WorkOS showed less. application: in transactions with rolecall.guard = on. Each is counted by itself.';
comment on column rolecall.guard_windows.slot is 'Number of the newest sixth of provider_control.guard_window_ms, since 1970.';
comment on column rolecall.guard_windows.revoked is 'Assignments revoked in that sixth, and in the six before it.';
comment on column rolecall.guard_windows.assignments is 'Assignments of the organization, and those revoked in the window; counted anew in each sixth.';

create table rolecall.guard_holds (
  subject text collate "C" not null,
  version bigint not null,
  organization_id text collate "C" not null,
  source text collate "C" not null check (source in ('reducer', 'application')),
  held boolean not null,
  lost int not null check (lost >= 0),
  revoked int not null,
  assignments int not null,
  transaction xid8 not null default pg_current_xact_id(),
  held_at timestamptz not null default clock_timestamp(),
  approved_at timestamptz,
  primary key (subject, version)
);
create index guard_holds_by_organization on rolecall.guard_holds (organization_id, source, revoked) where held and approved_at is null;
create index guard_holds_by_transaction on rolecall.guard_holds (transaction) where source = 'application';
comment on table rolecall.guard_holds is 'What the mass-revoke guard holds, while the version is the newest of its lane. Gone when approved and done, or superseded.';
comment on column rolecall.guard_holds.subject is 'Whose lane is held.';
comment on column rolecall.guard_holds.version is 'reducer: the version that stays as it is here. application: the version that is not said.';
comment on column rolecall.guard_holds.organization_id is 'Whose it is.';
comment on column rolecall.guard_holds.source is 'As in guard_windows.';
comment on column rolecall.guard_holds.held is 'false: counted for a transaction that has not revoked too much yet.';
comment on column rolecall.guard_holds.lost is 'Assignments that it would revoke.';
comment on column rolecall.guard_holds.revoked is 'Assignments that would have been revoked in the window together with it.';
comment on column rolecall.guard_holds.assignments is 'Of so many.';
comment on column rolecall.guard_holds.transaction is 'The application''s transaction: all of it is held, or nothing.';
comment on column rolecall.guard_holds.held_at is 'When it was counted or held.';
comment on column rolecall.guard_holds.approved_at is 'reducer: approved then, and done as soon as its facts are reduced again.';
