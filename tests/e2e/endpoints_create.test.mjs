// Registering an endpoint: what is taken, what is refused and that a refusal stores nothing.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus, expectTime } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all } from './support/scenario.mjs';

const url = 'http://127.0.0.1:9/hook';
const valid = { name: 'x', url, changeTypes: 1 };

/** [what is wrong, what it makes of a valid body, where the error must point] */
const refused = [
  ...[0, 16, -1, 17, 1.5, '1', null, true, [1], 2 ** 31, 1e300, undefined].map((changeTypes) =>
    [`changeTypes ${changeTypes}`, { changeTypes }, '/changeTypes']),
  ...['', '/hook', 'hook', 'example.org/hook', '//127.0.0.1/hook', 'ftp://127.0.0.1/', 'file:///etc/passwd', 'http://',
    'http:///hook', 'http://user:pass@127.0.0.1/', 'http://user@127.0.0.1/', 'http://127.0.0.1:0/', 'http://127.0.0.1:65536/',
    'http://127.0.0.1:x/', 'http://127.0.0.1/a b', 'http://127.0.0.1/\r\nX: y', 'javascript:alert(1)', 7, null, undefined]
    .map((bad) => [`url ${JSON.stringify(bad)}`, { url: bad }, '/url']),
  ...['', 'n'.repeat(201), 7, null, undefined].map((name) => [`name ${JSON.stringify(name)?.slice(0, 20)}`, { name }, '/name']),
  ...['Host', 'content-length', 'Content-Type', 'Transfer-Encoding', 'Connection', 'TE', 'Trailer', 'Upgrade', 'Expect',
    'Proxy-Authorization', 'proxy-x', 'webhook-id', 'Webhook-Foo', 'ce-type', 'CE-x', 'Lull-Attempt', 'lull-x', '', 'a b', 'a:b', 'ä', 'x\n']
    .map((header) => [`header ${JSON.stringify(header)}`, { headers: { [header]: 'v' } }, /^\/headers/]),
  ...['a\r\nb', 'a\nb', 'a\u0000b', 'a\u007fb', 7, ['v'], '***'].map((value) =>
    [`header value ${JSON.stringify(value)}`, { headers: { 'X-A': value } }, /^\/headers\/X-A$/]),
  ['headers as an array', { headers: ['X-A'] }, '/headers'],
  ...['00:00:00', '00:00:00.999', '00:02:00.001', '-00:00:05', 'soon', 5, ''].map((timeout) =>
    [`timeout ${timeout}`, { timeout }, '/timeout']),
  ...[0, 1025, -1, 1.5, '3'].map((maxConcurrency) => [`maxConcurrency ${maxConcurrency}`, { maxConcurrency }, '/maxConcurrency']),
  ...['yes', 1].map((enabled) => [`enabled ${enabled}`, { enabled }, '/enabled']),
  ...['abc', 'whsec_', 'whsec_%%%', 7].map((secret) => [`secret ${secret}`, { secret }, '/secret']),
  ...['Other', 'specific ', 1].map((idField) => [`idField ${idField}`, { idField }, '/idField']),
  ['an unknown property', { changeType: 1 }, '/changeType'],
  ['a property in other case', { Enabled: true }, '/Enabled'],
];

suite('endpoints: create', () => {
  let lull;
  before(async () => { lull = await startLull(); });

  for (const [what, change, pointer] of refused) {
    it(`refuses ${what}`, async () => {
      expectProblem(await lull.post('/endpoints', { ...valid, ...change }), 400, pointer);
    });
  }

  it('refuses what is not a JSON object', async () => {
    for (const body of ['', '{', '[]', '"x"', 'null', '7', '{"name":"x",}', '{} {}', '\u00ff{']) {
      expectProblem(await lull.post('/endpoints', Buffer.from(body, 'latin1')), 400);
    }
  });

  it('names every problem of a body at once', async () => {
    const reply = await lull.post('/endpoints', { name: '', url: 'x', changeTypes: 0, nmae: 1 });
    for (const pointer of ['/name', '/url', '/changeTypes', '/nmae']) expectProblem(reply, 400, pointer);
  });

  it('has stored nothing of what it refused', async () => {
    assert.deepEqual(await all(lull, '/endpoints'), []);
  });

  it('replies 201 with Location and the endpoint, without secret and header values', async () => {
    const reply = await lull.post('/endpoints', { ...valid, name: 'Größe', changeTypes: 5, timeout: '00:00:07',
      maxConcurrency: 3, idField: 'Specific', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      headers: { Authorization: 'Bearer topsecret', 'X-A': '1' } });
    const created = expectStatus(reply, 201);
    assert.ok(reply.headers.location.endsWith(`/api/v1/endpoints/${created.id}`), reply.headers.location);
    const { name, changeTypes, changeTypeNames, timeout, maxConcurrency, idField, enabled, headers, health } = created;
    assert.deepEqual({ name, changeTypes, changeTypeNames, timeout, maxConcurrency, idField, enabled, headers, health }, {
      name: 'Größe', changeTypes: 5, changeTypeNames: ['AssetChanged', 'TreeValueChanged'], timeout: '00:00:07',
      maxConcurrency: 3, idField: 'Specific', enabled: true, headers: { Authorization: '***', 'X-A': '***' }, health: 'healthy' });
    assert.equal(created.url, url);
    assert.equal(created.queueDepth, 0);
    assert.equal(created.consecutiveFailures, 0);
    for (const member of ['pausedReason', 'lastSuccessAt', 'lastError', 'nextAttemptAt']) assert.equal(created[member] ?? null, null, member);
    expectTime(created.createdAt, 'createdAt');
    expectTime(created.updatedAt, 'updatedAt');
    assert.doesNotMatch(reply.text, /topsecret|whsec_|MfKQ9r8/);
    const got = await lull.get(`/endpoints/${created.id}`);
    assert.deepEqual(expectStatus(got, 200), created);
    const list = await lull.get('/endpoints');
    assert.doesNotMatch(list.text, /topsecret|whsec_|MfKQ9r8/);
    assert.doesNotMatch(lull.output, /topsecret|whsec_|MfKQ9r8/);
  });

  it('takes the limits themselves', async () => {
    for (const change of [{ name: 'ß'.repeat(200) }, { timeout: '00:00:01' }, { timeout: '00:02:00' }, { maxConcurrency: 1 },
      { maxConcurrency: 1024 }, { enabled: false }, { url: 'http://127.0.0.1:9/a%20b?c=d&e' }, { url: 'HTTP://127.0.0.1' },
      { headers: {} }, { headers: { "!#$%&'*+-.^_`|~09azAZ": 'blank and ü' } }, { changeTypes: 15 }]) {
      expectStatus(await lull.post('/endpoints', { ...valid, ...change }), 201);
    }
  });

  it('replays the first 201 for a repeated Idempotency-Key', async () => {
    const before = (await all(lull, '/endpoints')).length;
    const key = { 'Idempotency-Key': 'create-once-1' };
    const first = await lull.post('/endpoints', valid, key);
    const second = await lull.post('/endpoints', valid, key);
    expectStatus(first, 201);
    expectStatus(second, 201);
    assert.deepEqual(second.json, first.json);
    assert.equal(second.headers.location, first.headers.location);
    const other = expectStatus(await lull.post('/endpoints', valid, { 'Idempotency-Key': 'create-once-2' }), 201);
    assert.notEqual(other.id, first.json.id);
    assert.equal((await all(lull, '/endpoints')).length, before + 2);
  });

  it('creates once when the same Idempotency-Key comes several times at once', async () => {
    const before = (await all(lull, '/endpoints')).length;
    const key = { 'Idempotency-Key': 'create-once-3' };
    const replies = await Promise.all(Array.from({ length: 8 }, () => lull.post('/endpoints', valid, key)));
    assert.equal(new Set(replies.map((reply) => expectStatus(reply, 201).id)).size, 1);
    assert.equal((await all(lull, '/endpoints')).length, before + 1);
  });

  it('does not spend an Idempotency-Key on a refusal', async () => {
    const key = { 'Idempotency-Key': 'create-once-4' };
    expectProblem(await lull.post('/endpoints', { ...valid, changeTypes: 0 }, key), 400, '/changeTypes');
    expectStatus(await lull.post('/endpoints', valid, key), 201);
  });
});
