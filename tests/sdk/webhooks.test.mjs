// The official SDK takes what the emulator signs, and agrees with the worker about headers.
// Needs WORKOS_EMULATOR=host:port of a running workos-emulator.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, describe, mock, test } from 'node:test';
import { WorkOS } from '@workos-inc/node';

const emulator = `http://${process.env.WORKOS_EMULATOR}`;
const workos = new WorkOS('sk_test_sdk');

async function control(method, path, body) {
  const response = await fetch(`${emulator}/_emulator/${path}`, {
    method,
    body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
}

describe('webhooks of the emulator', () => {
  const secret = 'whsec_sdk';
  const received = [];
  let arrived = () => {};
  const listener = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        payload: Buffer.concat(chunks).toString('utf8'),
        sigHeader: request.headers['workos-signature'],
      });
      response.writeHead(204).end();
      arrived();
    });
  });

  before(async () => {
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    await control('POST', 'reset');
    await control('POST', 'config', {
      webhook: { url: `http://127.0.0.1:${listener.address().port}/webhooks`, secret },
    });
    await control('POST', 'seed', {
      organizations: [{ id: 'org_hook', name: 'Häkchen ✓' }],
      users: [{ id: 'user_hook', email: 'hook@example.com' }],
    });
    const api = new WorkOS('sk_test_sdk', {
      apiHostname: emulator.split('/')[2].split(':')[0],
      port: Number(emulator.split(':')[2]),
      https: false,
    });
    await api.authorization.createOrganizationRole('org_hook', { slug: 'org-x', name: 'X' });
    await api.userManagement.createOrganizationMembership({
      organizationId: 'org_hook', userId: 'user_hook', roleSlug: 'org-x',
    });
    const seen = () => received.some(({ payload }) =>
      payload.includes('"organization_membership.created"'));
    while (!seen()) await new Promise((resolve) => { arrived = resolve; });
  });
  after(async () => {
    await control('POST', 'reset');
    listener.close();
  });

  test('are accepted by verifyHeader', async () => {
    for (const { payload, sigHeader } of received)
      assert.equal(await workos.webhooks.verifyHeader({ payload, sigHeader, secret }), true);
  });

  test('become events by constructEvent', async () => {
    const types = new Set();
    for (const { payload, sigHeader } of received) {
      const event = await workos.webhooks.constructEvent({
        payload: JSON.parse(payload), sigHeader, secret,
      });
      assert.equal(event.id, JSON.parse(payload).id);
      types.add(event.event);
    }
    assert.ok(types.has('organization_membership.created'), [...types].join(' '));
  });

  test('are refused with another secret', async () => {
    for (const { payload, sigHeader } of received)
      await assert.rejects(
        workos.webhooks.verifyHeader({ payload, sigHeader, secret: 'whsec_other' }));
  });
});

describe('a header', () => {
  const shared = JSON.parse(
    readFileSync(new URL('./webhook_signatures.json', import.meta.url), 'utf8'));
  before(() => mock.timers.enable({ apis: ['Date'], now: shared.now }));
  after(() => mock.timers.reset());

  for (const { name, header, body, ours, sdk, why } of shared.cases) {
    test(`${name}: ${sdk ?? ours}${sdk ? `, unlike the worker. ${why}` : ', as by the worker'}`,
      async () => {
        const accepted = await workos.webhooks.verifyHeader({
          payload: body ?? shared.body, sigHeader: header, secret: shared.secret,
        }).catch(() => false);
        assert.equal(accepted ? 'accepted' : 'refused', sdk ?? ours);
      });
  }
});
