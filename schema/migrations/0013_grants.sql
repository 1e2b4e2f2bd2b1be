-- oldest program: 0.1.0
-- What a principal may do in an organization, and what the system roles may do in one whose roles begin to be enforced.

create table rolecall.principal_grants (
  id uuid primary key default rolecall.uuid_v7(),
  organization_id text collate "C" not null references rolecall.organizations (id) on delete cascade,
  principal_urn text collate "C" not null check (principal_urn ~ '^(role|user|email):.'),
  scope text collate "C" not null check (scope <> ''),
  selectors jsonb not null check (jsonb_typeof(selectors) = 'object' and selectors <> '{}'),
  created_at timestamptz not null default clock_timestamp(),
  unique (organization_id, principal_urn, scope, selectors)
);
create index principal_grants_by_principal on rolecall.principal_grants (principal_urn, organization_id);
comment on table rolecall.principal_grants is 'What a principal may do in an organization. A grant that is taken back is deleted.';
comment on column rolecall.principal_grants.id is 'Names the grant.';
comment on column rolecall.principal_grants.organization_id is 'Where it counts.';
comment on column rolecall.principal_grants.principal_urn is 'role:global:<uuid>, role:organization:<uuid>, user:<id>; no foreign key, an active role is joined.';
comment on column rolecall.principal_grants.scope is 'What may be done: project:write.';
comment on column rolecall.principal_grants.selectors is 'To which resources: {"resource_kind": "project", "resource_id": "*"}; all of its fields must fit.';
comment on column rolecall.principal_grants.created_at is 'When it was granted.';

create table rolecall.default_grants (
  workos_slug text collate "C" not null check (workos_slug in ('admin', 'member')),
  scope text collate "C" not null check (scope <> ''),
  selectors jsonb not null check (jsonb_typeof(selectors) = 'object' and selectors <> '{}'),
  primary key (workos_slug, scope, selectors)
);
comment on table rolecall.default_grants is 'What enable_rbac grants to the system roles of an organization. The owner changes it for organizations to come.';
comment on column rolecall.default_grants.workos_slug is 'The system role: admin or member.';
comment on column rolecall.default_grants.scope is 'What it may do.';
comment on column rolecall.default_grants.selectors is 'To which resources.';

insert into rolecall.default_grants (workos_slug, scope, selectors)
select d.slug, s.scope, jsonb_build_object('resource_kind', split_part(s.scope, ':', 1), 'resource_id', '*')
  from (values
    ('admin', array['org:admin', 'org:read', 'project:read', 'project:write', 'mcp:read', 'mcp:write', 'mcp:connect',
                    'environment:read', 'environment:write']),
    ('member', array['org:read', 'project:read', 'mcp:read', 'mcp:connect', 'environment:read'])) d (slug, scopes)
 cross join unnest(d.scopes) s (scope);
