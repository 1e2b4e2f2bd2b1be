// The official SDK drives the emulator: list, create, update, delete and paginate.
// Needs WORKOS_EMULATOR=host:port of a running workos-emulator.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';
import { WorkOS } from '@workos-inc/node';

const [host, port] = (process.env.WORKOS_EMULATOR ?? '').split(':');
assert.ok(host && port, 'set WORKOS_EMULATOR=host:port');
const workos = new WorkOS('sk_test_sdk', {
  apiHostname: host,
  port: Number(port),
  https: false,
  maxRetries: 0,
});

async function control(method, path, body) {
  const response = await fetch(`http://${host}:${port}/_emulator/${path}`, {
    method,
    body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.json();
}

const organization = 'org_acme';
const user = 'user_ada';

beforeEach(async () => {
  await control('POST', 'reset');
  await control('POST', 'seed', {
    organizations: [{ id: organization, name: 'Acme' }],
    users: [{ id: user, email: 'ada@example.com' }],
  });
});

async function refused(promise, status, code) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.status, status);
    if (code) assert.equal(error.code, code);
    assert.match(error.requestID, /^req_/);
    return true;
  });
}

describe('organization roles', () => {
  const lead = { slug: 'org-lead', name: 'Lead', description: 'leads' };

  test('are created, listed beside the environment\'s, read, updated and deleted', async () => {
    const made = await workos.authorization.createOrganizationRole(organization, lead);
    assert.equal(made.slug, 'org-lead');
    assert.equal(made.type, 'OrganizationRole');
    const list = await workos.authorization.listOrganizationRoles(organization);
    assert.deepEqual(list.data.map((role) => role.slug), ['admin', 'member', 'org-lead']);
    const changed = await workos.authorization.updateOrganizationRole(organization, 'org-lead', {
      name: 'Team lead',
    });
    assert.equal(changed.name, 'Team lead');
    assert.equal(changed.description, 'leads');
    const read = await workos.authorization.getOrganizationRole(organization, 'org-lead');
    assert.equal(read.id, made.id);
    await workos.authorization.deleteOrganizationRole(organization, 'org-lead');
    await refused(workos.authorization.getOrganizationRole(organization, 'org-lead'), 404);
  });

  test('refuse a taken slug, and to go while somebody holds them', async () => {
    await workos.authorization.createOrganizationRole(organization, lead);
    await refused(
      workos.authorization.createOrganizationRole(organization, lead), 409,
      'organization_role_slug_conflict');
    await workos.userManagement.createOrganizationMembership({
      organizationId: organization, userId: user, roleSlug: 'org-lead',
    });
    await refused(
      workos.authorization.deleteOrganizationRole(organization, 'org-lead'), 409,
      'role_has_assignments');
  });

  test('carry permissions', async () => {
    for (const slug of ['docs:read', 'docs:write'])
      await workos.authorization.createPermission({ slug, name: slug });
    await workos.authorization.createOrganizationRole(organization, lead);
    const set = await workos.authorization.setOrganizationRolePermissions(
      organization, 'org-lead', { permissions: ['docs:read'] });
    assert.deepEqual(set.permissions, ['docs:read']);
    const added = await workos.authorization.addOrganizationRolePermission(
      organization, 'org-lead', { permissionSlug: 'docs:write' });
    assert.deepEqual(added.permissions, ['docs:read', 'docs:write']);
    await workos.authorization.removeOrganizationRolePermission(
      organization, 'org-lead', { permissionSlug: 'docs:read' });
    const read = await workos.authorization.getOrganizationRole(organization, 'org-lead');
    assert.deepEqual(read.permissions, ['docs:write']);
    const page = await workos.authorization.listPermissions({ limit: 1, order: 'asc' });
    assert.equal(page.data[0].slug, 'docs:read');
    assert.ok(page.listMetadata.after);
  });
});

describe('environment roles', () => {
  test('are created, listed and updated', async () => {
    await workos.authorization.createEnvironmentRole({ slug: 'auditor', name: 'Auditor' });
    await workos.authorization.updateEnvironmentRole('auditor', { description: 'reads' });
    const list = await workos.authorization.listEnvironmentRoles();
    assert.deepEqual(list.data.map((role) => role.slug), ['admin', 'member', 'auditor']);
    assert.equal((await workos.authorization.getEnvironmentRole('auditor')).description, 'reads');
    await refused(
      workos.authorization.createEnvironmentRole({ slug: 'auditor', name: 'Auditor' }), 409,
      'role_slug_conflict');
  });
});

describe('memberships', () => {
  const create = (more = {}) => workos.userManagement.createOrganizationMembership({
    organizationId: organization, userId: user, ...more,
  });
  const list = (more = {}) => workos.userManagement.listOrganizationMemberships({
    organizationId: organization, ...more,
  });

  test('are created, updated, deactivated, reactivated and deleted', async () => {
    const made = await create();
    assert.equal(made.role.slug, 'member');
    assert.deepEqual(made.roles, [{ slug: 'member' }]);
    const changed = await workos.userManagement.updateOrganizationMembership(
      made.id, { roleSlug: 'admin' });
    assert.equal(changed.role.slug, 'admin');
    await workos.userManagement.deactivateOrganizationMembership(made.id);
    assert.equal((await list()).data.length, 0);
    assert.equal((await list({ statuses: ['active', 'inactive'] })).data.length, 1);
    const back = await workos.userManagement.reactivateOrganizationMembership(made.id);
    assert.equal(back.status, 'active');
    assert.equal(back.role.slug, 'admin');
    await workos.userManagement.deleteOrganizationMembership(made.id);
    await refused(workos.userManagement.getOrganizationMembership(made.id), 404);
  });

  test('refuse unknown roles, several roles and a second membership', async () => {
    await refused(create({ roleSlug: 'nobody' }), 422);
    await refused(create({ roleSlugs: ['admin', 'member'] }), 422);
    await control('POST', 'config', { multiple_roles: true });
    const made = await create({ roleSlugs: ['admin', 'member'] });
    assert.deepEqual(made.roles.map((role) => role.slug), ['admin', 'member']);
    await refused(create(), 409, 'organization_membership_already_exists');
  });

  test('are paginated', async () => {
    for (let i = 0; i < 12; ++i) {
      const member = await workos.userManagement.createUser({ email: `u${i}@example.com` });
      await create({ userId: member.id });
    }
    const first = await list({ limit: 5, order: 'asc' });
    assert.equal(first.data.length, 5);
    const second = await list({ limit: 5, order: 'asc', after: first.listMetadata.after });
    const third = await list({ limit: 5, order: 'asc', after: second.listMetadata.after });
    assert.equal(third.data.length, 2);
    assert.equal(third.listMetadata.after, null);
    const ids = [first, second, third].flatMap((page) => page.data.map((each) => each.id));
    assert.equal(new Set(ids).size, 12);
    assert.deepEqual((await (await list()).autoPagination()).map((each) => each.id).sort(),
      ids.sort());
  });
});

describe('organizations', () => {
  test('are created, read, updated, listed page by page and deleted', async () => {
    const made = await workos.organizations.createOrganization({
      name: 'Beta', externalId: 'beta-1', metadata: { tier: 'gold' },
    });
    assert.equal(
      (await workos.organizations.getOrganizationByExternalId('beta-1')).id, made.id);
    await refused(
      workos.organizations.createOrganization({ name: 'Beta', externalId: 'beta-1' }), 400,
      'external_id_already_used');
    const changed = await workos.organizations.updateOrganization({
      organization: made.id, name: 'Beta 2',
    });
    assert.equal(changed.name, 'Beta 2');
    assert.equal(changed.metadata.tier, 'gold');
    const newest = await workos.organizations.listOrganizations({ limit: 1 });
    assert.deepEqual(newest.data.map((each) => each.name), ['Beta 2']);
    const next = await workos.organizations.listOrganizations({
      limit: 1, after: newest.listMetadata.after,
    });
    assert.deepEqual(next.data.map((each) => each.name), ['Acme']);
    await workos.organizations.deleteOrganization(made.id);
    await refused(workos.organizations.getOrganization(made.id), 404);
  });
});

describe('users and invitations', () => {
  test('are created, read, updated, listed and deleted', async () => {
    const made = await workos.userManagement.createUser({
      email: 'bob@example.com', firstName: 'Bob', externalId: '7',
    });
    assert.equal((await workos.userManagement.getUserByExternalId('7')).id, made.id);
    const changed = await workos.userManagement.updateUser({ userId: made.id, lastName: 'B' });
    assert.equal(changed.firstName, 'Bob');
    assert.equal(changed.lastName, 'B');
    const list = await workos.userManagement.listUsers({ email: 'bob@example.com' });
    assert.deepEqual(list.data.map((each) => each.id), [made.id]);
    await refused(workos.userManagement.createUser({ email: 'bob@example.com' }), 400,
      'user_creation_error');
    await workos.userManagement.deleteUser(made.id);
    await refused(workos.userManagement.getUser(made.id), 404);
  });

  test('an invitation makes a pending member, and an active one when it is accepted', async () => {
    const invitation = await workos.userManagement.sendInvitation({
      email: 'ada@example.com', organizationId: organization,
    });
    const pending = await workos.userManagement.listOrganizationMemberships({
      userId: user, statuses: ['pending'],
    });
    assert.equal(pending.data.length, 1);
    await workos.userManagement.acceptInvitation(invitation.id);
    const active = await workos.userManagement.listOrganizationMemberships({ userId: user });
    assert.equal(active.data[0].id, pending.data[0].id);
  });
});

describe('events', () => {
  const names = ['organization_role.created', 'organization_role.deleted',
    'organization_membership.created'];

  test('are read oldest first, page by page', async () => {
    await workos.authorization.createOrganizationRole(organization, { slug: 'org-a', name: 'A' });
    await workos.userManagement.createOrganizationMembership({
      organizationId: organization, userId: user,
    });
    await workos.authorization.deleteOrganizationRole(organization, 'org-a');
    const first = await workos.events.listEvents({ events: names, limit: 2 });
    assert.deepEqual(first.data.map((each) => each.event),
      ['organization_role.created', 'organization_membership.created']);
    assert.equal(first.data[0].data.organizationId, organization);
    assert.equal(first.data[1].data.userId, user);
    const second = await workos.events.listEvents({ events: names, after: first.data[1].id });
    assert.deepEqual(second.data.map((each) => each.event), ['organization_role.deleted']);
    await refused(workos.events.listEvents({ events: ['no.such'] }), 400);
  });
});

describe('webhooks', () => {
  const secret = 'whsec_sdk';
  const received = [];
  const endpoint = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      received.push({ body, signature: request.headers['workos-signature'] });
      response.writeHead(204).end();
      endpoint.emit('received');
    });
  });
  before(async () => {
    endpoint.listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
  });
  after(() => endpoint.close());

  test('carry a signature that the SDK accepts', async () => {
    const url = `http://127.0.0.1:${endpoint.address().port}/hook`;
    await control('POST', 'config', { webhook: { url, secret } });
    const arrived = once(endpoint, 'received');
    await workos.authorization.createOrganizationRole(organization, { slug: 'org-a', name: 'A' });
    await arrived;
    const event = await workos.webhooks.constructEvent({
      payload: JSON.parse(received[0].body), sigHeader: received[0].signature, secret,
    });
    assert.equal(event.event, 'organization_role.created');
    assert.equal(event.data.slug, 'org-a');
  });
});
