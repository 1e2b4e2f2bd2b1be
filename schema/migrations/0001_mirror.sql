-- oldest program: 0.1.0
-- The mirror: what both sides agree about. Applications change it through functions; what WorkOS
-- showed is written by the reducer alone (columns workos_*). Times are the database's.

create function rolecall.uuid_v7() returns uuid language sql volatile parallel safe
set search_path = pg_catalog as $$
  -- 48 bits of milliseconds, version 7, the rest random
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
      placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
      from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;
comment on function rolecall.uuid_v7() is 'A time-ordered UUID, version 7 (RFC 9562).';

create function rolecall.key_part(part text) returns text language sql immutable strict parallel safe
set search_path = pg_catalog as $$
  select replace(replace(replace(part, '%', '%25'), ':', '%3A'), '*', '%2A')
$$;
comment on function rolecall.key_part(text) is 'One part of a subject or an object key: : % and * percent-encoded, so that parts never run together.';

create table rolecall.organizations (
  id text collate "C" primary key check (id <> ''),
  name text not null,
  slug text,
  workos_organization_id text collate "C" unique check (workos_organization_id <> ''),
  workos_updated_at timestamptz,
  workos_last_event_id text collate "C",
  default_role_slug text,
  rbac_enabled_at timestamptz,
  disabled_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
comment on table rolecall.organizations is 'One row per customer organization of the application.';
comment on column rolecall.organizations.id is 'The application''s own id.';
comment on column rolecall.organizations.name is 'For people.';
comment on column rolecall.organizations.slug is 'For people and addresses; optional.';
comment on column rolecall.organizations.workos_organization_id is 'org_... at WorkOS; null: not linked, its roles cannot be changed.';
comment on column rolecall.organizations.workos_updated_at is 'updated_at that WorkOS last showed.';
comment on column rolecall.organizations.workos_last_event_id is 'Newest WorkOS event applied to this row.';
comment on column rolecall.organizations.default_role_slug is 'Overrides provider_control.default_role_slug for this organization.';
comment on column rolecall.organizations.rbac_enabled_at is 'When roles began to be enforced here.';
comment on column rolecall.organizations.disabled_at is 'When the organization was switched off or deleted at WorkOS.';
comment on column rolecall.organizations.created_at is 'When this row was made.';
comment on column rolecall.organizations.updated_at is 'When this row last changed.';

create table rolecall.users (
  id text collate "C" primary key check (id <> ''),
  email text not null,
  display_name text,
  workos_user_id text collate "C" unique check (workos_user_id <> ''),
  workos_updated_at timestamptz,
  workos_last_event_id text collate "C",
  deleted_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
comment on table rolecall.users is 'One row per person that the application knows.';
comment on column rolecall.users.id is 'The application''s own id.';
comment on column rolecall.users.email is 'For people; not an identity.';
comment on column rolecall.users.display_name is 'For people; optional.';
comment on column rolecall.users.workos_user_id is 'user_... at WorkOS; null: never signed in.';
comment on column rolecall.users.workos_updated_at is 'updated_at that WorkOS last showed.';
comment on column rolecall.users.workos_last_event_id is 'Newest WorkOS event applied to this row.';
comment on column rolecall.users.deleted_at is 'Tombstone; null: the person is there.';
comment on column rolecall.users.created_at is 'When this row was made.';
comment on column rolecall.users.updated_at is 'When this row last changed.';

create table rolecall.global_roles (
  id uuid primary key default rolecall.uuid_v7(),
  workos_slug text collate "C" not null unique check (workos_slug ~ '^[a-z0-9_-]{1,48}$'),
  name text not null check (char_length(name) between 1 and 48),
  description text check (char_length(description) <= 150),
  workos_created_at timestamptz,
  workos_updated_at timestamptz,
  workos_last_event_id text collate "C",
  deleted_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
comment on table rolecall.global_roles is 'Environment roles, made in the WorkOS dashboard. Never deleted: a tombstone is revived with the same id.';
comment on column rolecall.global_roles.id is 'Part of the URN role:global:<id>.';
comment on column rolecall.global_roles.workos_slug is 'Its name at WorkOS; never changes.';
comment on column rolecall.global_roles.name is 'For people.';
comment on column rolecall.global_roles.description is 'For people; optional.';
comment on column rolecall.global_roles.workos_created_at is 'created_at at WorkOS: which incarnation of the slug this is.';
comment on column rolecall.global_roles.workos_updated_at is 'updated_at that WorkOS last showed.';
comment on column rolecall.global_roles.workos_last_event_id is 'Newest WorkOS event applied to this row.';
comment on column rolecall.global_roles.deleted_at is 'Tombstone; null: active. Tombstoning deletes its grants and assignments in the same transaction.';
comment on column rolecall.global_roles.created_at is 'When this row was made.';
comment on column rolecall.global_roles.updated_at is 'When this row last changed.';

create table rolecall.organization_roles (
  id uuid primary key default rolecall.uuid_v7(),
  subject text collate "C" not null unique generated always as ('role:organization:' || id::text) stored,
  permissions_subject text collate "C" not null unique generated always as ('role_permissions:' || id::text) stored,
  organization_id text collate "C" not null references rolecall.organizations (id),
  workos_slug text collate "C" not null check (workos_slug ~ '^org-[a-z0-9_-]{1,44}$'),
  name text not null check (char_length(name) between 1 and 48),
  description text check (char_length(description) between 1 and 150),
  permissions text[] check (cardinality(permissions) <= 500),
  workos_created_at timestamptz,
  workos_updated_at timestamptz,
  workos_last_event_id text collate "C",
  deleted_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
create unique index organization_roles_active_slug on rolecall.organization_roles (organization_id, workos_slug)
  where deleted_at is null;
create index organization_roles_by_organization on rolecall.organization_roles (organization_id, workos_slug);
comment on table rolecall.organization_roles is 'Roles of one organization. A slug that is deleted and created again is a new row: nobody inherits it.';
comment on column rolecall.organization_roles.id is 'Part of the URN role:organization:<id> and of the subject of the same text.';
comment on column rolecall.organization_roles.subject is 'Its subject, which is its URN too.';
comment on column rolecall.organization_roles.permissions_subject is 'The subject of its permissions.';
comment on column rolecall.organization_roles.organization_id is 'Whose role it is.';
comment on column rolecall.organization_roles.workos_slug is 'Its name at WorkOS, with the prefix org-; never changes.';
comment on column rolecall.organization_roles.name is 'For people; 1 to 48 characters (WorkOS''s limit).';
comment on column rolecall.organization_roles.description is 'For people; at most 150 characters (WorkOS''s limit).';
comment on column rolecall.organization_roles.permissions is 'Permission slugs, managed as a subject of their own; null: not managed here.';
comment on column rolecall.organization_roles.workos_created_at is 'created_at at WorkOS: which incarnation of the slug this is.';
comment on column rolecall.organization_roles.workos_updated_at is 'updated_at that WorkOS last showed.';
comment on column rolecall.organization_roles.workos_last_event_id is 'Newest WorkOS event applied to this row.';
comment on column rolecall.organization_roles.deleted_at is 'Tombstone; null: active.';
comment on column rolecall.organization_roles.created_at is 'When this row was made.';
comment on column rolecall.organization_roles.updated_at is 'When this row last changed.';

create table rolecall.organization_memberships (
  organization_id text collate "C" not null references rolecall.organizations (id),
  workos_user_id text collate "C" not null check (workos_user_id <> ''),
  subject text collate "C" not null unique generated always as
    ('member:' || rolecall.key_part(organization_id) || ':' || rolecall.key_part(workos_user_id)) stored,
  user_id text collate "C" references rolecall.users (id),
  workos_membership_id text collate "C" unique,
  status text not null default 'active' check (status in ('active', 'inactive', 'pending')),
  directory_managed boolean not null default false,
  workos_created_at timestamptz,
  workos_updated_at timestamptz,
  workos_last_event_id text collate "C",
  deleted_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (organization_id, workos_user_id)
);
create index organization_memberships_by_user on rolecall.organization_memberships (user_id) where user_id is not null;
comment on table rolecall.organization_memberships is 'Who belongs to which organization. The row survives leaving and rejoining.';
comment on column rolecall.organization_memberships.organization_id is 'The organization.';
comment on column rolecall.organization_memberships.workos_user_id is 'The person, as WorkOS names them.';
comment on column rolecall.organization_memberships.subject is 'Its subject.';
comment on column rolecall.organization_memberships.user_id is 'The person, as the application names them; null until known.';
comment on column rolecall.organization_memberships.workos_membership_id is 'om_... at WorkOS; changes when somebody rejoins.';
comment on column rolecall.organization_memberships.status is 'At WorkOS: active, inactive (suspended) or pending (invited).';
comment on column rolecall.organization_memberships.directory_managed is 'A directory decides about this membership and will undo our changes.';
comment on column rolecall.organization_memberships.workos_created_at is 'created_at of this membership id at WorkOS.';
comment on column rolecall.organization_memberships.workos_updated_at is 'updated_at that WorkOS last showed.';
comment on column rolecall.organization_memberships.workos_last_event_id is 'Newest WorkOS event applied to this row.';
comment on column rolecall.organization_memberships.deleted_at is 'Tombstone; null: a member.';
comment on column rolecall.organization_memberships.created_at is 'When this row was made.';
comment on column rolecall.organization_memberships.updated_at is 'When this row last changed.';

create table rolecall.organization_role_assignments (
  id uuid primary key default rolecall.uuid_v7(),
  organization_id text collate "C" not null,
  workos_user_id text collate "C" not null,
  user_id text collate "C",
  role_urn text collate "C" not null check (role_urn ~ '^role:(global|organization):[0-9a-f-]{36}$'),
  workos_updated_at timestamptz,
  workos_last_event_id text collate "C",
  deleted_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  foreign key (organization_id, workos_user_id)
    references rolecall.organization_memberships (organization_id, workos_user_id)
);
create unique index organization_role_assignments_active
  on rolecall.organization_role_assignments (organization_id, workos_user_id, role_urn) where deleted_at is null;
create index organization_role_assignments_by_role
  on rolecall.organization_role_assignments (role_urn, organization_id) where deleted_at is null;
create index organization_role_assignments_by_user
  on rolecall.organization_role_assignments (organization_id, user_id) where user_id is not null and deleted_at is null;
comment on table rolecall.organization_role_assignments is 'Who holds which role. Revoking leaves a tombstone; granting again makes a new row.';
comment on column rolecall.organization_role_assignments.id is 'Names the assignment.';
comment on column rolecall.organization_role_assignments.organization_id is 'The organization.';
comment on column rolecall.organization_role_assignments.workos_user_id is 'The member.';
comment on column rolecall.organization_role_assignments.user_id is 'The member, as the application names them; null until known.';
comment on column rolecall.organization_role_assignments.role_urn is 'role:global:<uuid> or role:organization:<uuid>; no foreign key, an active role is joined.';
comment on column rolecall.organization_role_assignments.workos_updated_at is 'updated_at of the membership as WorkOS showed it.';
comment on column rolecall.organization_role_assignments.workos_last_event_id is 'Newest WorkOS event applied to this row.';
comment on column rolecall.organization_role_assignments.deleted_at is 'Tombstone; null: held.';
comment on column rolecall.organization_role_assignments.created_at is 'When the role was granted.';
comment on column rolecall.organization_role_assignments.updated_at is 'When this row last changed.';

create table rolecall.audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  organization_id text collate "C",
  subject text collate "C",
  version bigint,
  action text not null check (action <> ''),
  actor text not null,
  session_role text not null default session_user,
  reason text,
  detail jsonb not null default '{}' check (jsonb_typeof(detail) = 'object')
);
create index audit_log_by_subject on rolecall.audit_log (subject, id);
create index audit_log_by_organization on rolecall.audit_log (organization_id, id);
comment on table rolecall.audit_log is 'Every mutation, every operator''s action, every verdict of the reducer. Append-only, also for its owner.';
comment on column rolecall.audit_log.id is 'Order of writing.';
comment on column rolecall.audit_log.at is 'When it was written.';
comment on column rolecall.audit_log.organization_id is 'Whose affair it was.';
comment on column rolecall.audit_log.subject is 'What it was about.';
comment on column rolecall.audit_log.version is 'The version that it made or judged.';
comment on column rolecall.audit_log.action is 'What happened: a function''s name, or a verdict.';
comment on column rolecall.audit_log.actor is 'app.user_id of the transaction, or the session''s user.';
comment on column rolecall.audit_log.session_role is 'The database user who was connected.';
comment on column rolecall.audit_log.reason is 'app.reason of the transaction, or the operator''s.';
comment on column rolecall.audit_log.detail is 'Before, after, and evidence.';

create function rolecall.refuse_audit_change() returns trigger language plpgsql
set search_path = pg_catalog as $$
begin
  raise exception 'rolecall.audit_log is append-only' using errcode = '42501',
    hint = 'Write a new entry that corrects the old one.';
end $$;
create trigger audit_log_append_only before update or delete on rolecall.audit_log
  for each row execute function rolecall.refuse_audit_change();
create trigger audit_log_no_truncate before truncate on rolecall.audit_log
  for each statement execute function rolecall.refuse_audit_change();
