// Who may do what: every route of the description with every kind of caller.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem } from './support/expect.mjs';
import { request } from './support/http.mjs';
import { startLull } from './support/lull.mjs';
import { exchange } from './support/raw.mjs';
import { operationsOf } from './support/swagger.mjs';

const roles = { view: 'Integration_Endpoints_View', crud: 'Integration_Endpoints_CRUD', publish: 'Integration_Events_Publish', all:
  'Integration_Endpoints_CRUD, Integration_Events_Publish', receive: 'Integration_Events_Receive' };
const keyOf = (name) => `key-of-${name}-0123456789`;
const settings = { 'Authentication:Mode': 'ApiKey' };
Object.entries(roles).forEach(([name, held], index) => {
  const at = `Authentication:ApiKeys:${index}`;
  settings[`${at}:Name`] = name;
  settings[`${at}:Sha256`] = createHash('sha256').update(keyOf(name)).digest('hex');
  settings[`${at}:Roles`] = held;
});

/** The roles that open a route: who one is is told to all, reading is View, publishing Publish, mailboxes Receive, secrets and the rest CRUD. */
function opens({ method, path }) {
  if (path === '/me') return Object.keys(roles);
  if (path === '/events') return ['publish', 'all'];
  if (path.startsWith('/mailboxes')) return ['receive', 'crud', 'all'];
  if (path === '/change-types') return ['receive', 'view', 'crud', 'all'];
  if (path === '/events/explain') return ['view', 'crud', 'all'];
  if (method === 'GET' && !path.endsWith('/secret')) return ['view', 'crud', 'all'];
  return ['crud', 'all'];
}

suite('authentication by API key', () => {
  let lull;
  let operations;
  before(async () => {
    lull = await startLull({ settings });
    operations = await operationsOf(lull);
  });
  const call = ({ method, path }, headers) => lull.api.send(method, path.replaceAll(/\{\w+\}/g, '999999'), undefined, headers);

  it('describes enough routes for the matrix to mean something', () => assert.ok(operations.length >= 24, `${operations.length}`));

  it('answers 401 to none, bad and half credentials, on every route', async () => {
    const bad = [{}, { Authorization: 'Bearer ' }, { Authorization: 'Bearer wrong' }, { 'X-Api-Key': 'wrong' }, { 'X-Api-Key': '' },
      { Authorization: `Basic ${Buffer.from(`x:${keyOf('all')}`).toString('base64')}` }, { Authorization: keyOf('all') },
      { 'X-Api-Key': keyOf('all').slice(0, -1) }, { 'X-Api-Key': settings['Authentication:ApiKeys:3:Sha256'] }];
    for (const operation of operations) {
      for (const headers of bad) {
        const reply = await call(operation, headers);
        expectProblem(reply, 401);
        assert.match(reply.headers['www-authenticate'] ?? '', /Bearer/, `${operation.method} ${operation.path}`);
      }
    }
  });

  for (const role of Object.keys(roles)) {
    it(`opens to ${role} exactly what its role opens, before ids and bodies are looked at`, async () => {
      for (const operation of operations) {
        const what = `${role}: ${operation.method} ${operation.path}`;
        for (const headers of [{ Authorization: `Bearer ${keyOf(role)}` }, { 'X-Api-Key': keyOf(role) }]) {
          const reply = await call(operation, headers);
          if (opens(operation).includes(role)) assert.ok(![401, 403].includes(reply.status), `${what} answered ${reply.status}`);
          else assert.equal(reply.status, 403, what);
          if (reply.status === 403) expectProblem(reply, 403);
        }
      }
    });
  }

  it('lets the valid one of two credentials decide, and refuses the same one twice', async () => {
    const basic = `Basic ${Buffer.from('proxy:secret').toString('base64')}`;
    const status = async (headers) => (await lull.get('/stats', headers)).status;
    assert.equal(await status({ Authorization: basic, 'X-Api-Key': keyOf('view') }), 200);
    assert.equal(await status({ Authorization: 'Bearer wrong', 'X-Api-Key': keyOf('view') }), 200);
    assert.equal(await status({ Authorization: `Bearer ${keyOf('publish')}`, 'X-Api-Key': keyOf('view') }), 403);
    assert.equal(await status({ Authorization: basic, 'X-Api-Key': 'wrong' }), 401);
    for (const line of [`X-Api-Key: ${keyOf('view')}`, `Authorization: Bearer ${keyOf('view')}`]) {
      const twice = `GET /api/v1/stats HTTP/1.1\r\nHost: localhost\r\n${line}\r\n${line}\r\n\r\n`;
      assert.deepEqual((await exchange(lull.port, twice)).statuses, [400]);
    }
  });

  it('asks no credential of probes, and tells nothing of keys in the log', async () => {
    for (const path of ['/healthz/live', '/healthz/ready']) assert.equal((await lull.outside(path)).status, 200);
    assert.doesNotMatch(lull.output, /key-of-/);
  });

  it('checks the credential before it reads a large body', async () => {
    const reply = await lull.post('/events', ' '.repeat(900_000));
    assert.equal(reply.status, 401);
    assert.equal((await request('GET', `${lull.origin}/healthz/live`)).status, 200);
  });
});
