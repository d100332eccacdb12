// Changing an endpoint: PUT, PATCH, ETags and the "***" of stored header values.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, endpointWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

suite('endpoints: update', () => {
  let lull;
  let sink;
  let items = 0;
  before(async () => {
    sink = await startSink();
    lull = await startLull();
  });

  /** The headers that a notification to `path` carries now. */
  async function toldHeaders(path) {
    const count = sink.at(path).length;
    items += 1;
    await publish(lull, assetChanged(items));
    return (await sink.received(count + 1, path)).at(-1).headers;
  }
  const registered = (path, more) => register(lull, sink.url + path, { changeTypes: 1, headers: { 'X-Key': 'k1', 'X-Two': 't1' }, ...more });
  const at = ({ id }) => `/endpoints/${id}`;

  it('works as GET, edit, PUT: read-only properties are ignored and "***" keeps the header', async () => {
    const created = await registered('/put');
    const { secret } = (await lull.get(`${at(created)}/secret`)).json;
    const edited = { ...expectStatus(await lull.get(at(created)), 200), name: 'edited', id: 'other', queueDepth: 99, health: 'paused' };
    edited.headers['X-Two'] = 't2';
    const put = expectStatus(await lull.put(at(created), edited), 200);
    assert.equal(put.id, created.id);
    assert.equal(put.name, 'edited');
    assert.equal(put.health, 'healthy');
    assert.equal(put.queueDepth, 0);
    assert.equal(put.createdAt, created.createdAt);
    const headers = await toldHeaders('/put');
    assert.equal(headers['x-key'], 'k1');
    assert.equal(headers['x-two'], 't2');
    assert.equal((await lull.get(`${at(created)}/secret`)).json.secret, secret);
  });

  it('replaces by PUT: what is not sent is gone', async () => {
    const created = await registered('/replace', { timeout: '00:00:03', maxConcurrency: 2 });
    const put = expectStatus(await lull.put(at(created), { name: 'n', url: created.url, changeTypes: 1 }), 200);
    assert.deepEqual(put.headers ?? {}, {});
    assert.notEqual(put.timeout, '00:00:03');
    assert.notEqual(put.maxConcurrency, 2);
    assert.equal((await toldHeaders('/replace'))['x-key'], undefined);
    expectProblem(await lull.put(at(created), { name: 'n', url: created.url }), 400, '/changeTypes');
  });

  it('merges by PATCH: null removes a header, "***" keeps one, others are set', async () => {
    const created = await registered('/patch');
    const patched = expectStatus(await lull.patch(at(created), { headers: { 'X-Two': null, 'X-Key': '***', 'X-New': 'n' } }), 200);
    assert.deepEqual(patched.headers, { 'X-Key': '***', 'X-New': '***' });
    assert.equal(patched.name, created.name);
    const headers = await toldHeaders('/patch');
    assert.deepEqual([headers['x-key'], headers['x-two'], headers['x-new']], ['k1', undefined, 'n']);
  });

  it('refuses a bad change and keeps everything as it was', async () => {
    const created = await registered('/kept');
    const cases = [[{ changeTypes: 0 }, '/changeTypes'], [{ url: 'nope' }, '/url'], [{ name: null }, '/name'], [{ nmae: 'x' }, '/nmae'],
      [{ headers: { Host: 'x' } }, /^\/headers/], [{ headers: { 'X-Other': '***' } }, /^\/headers/], [{ timeout: '1' }, '/timeout'],
      [{ enabled: 'no' }, '/enabled']];
    for (const [change, pointer] of cases) {
      expectProblem(await lull.patch(at(created), { name: 'changed', ...change }), 400, pointer);
      expectProblem(await lull.put(at(created), { ...created, name: 'changed', ...change }), 400, pointer);
    }
    assert.deepEqual((await lull.get(at(created))).json, created);
  });

  it('does not send stored header values to another scheme, host or port', async () => {
    const other = await startSink();
    const created = await registered('/moved');
    const moved = `${other.url}/moved`;
    const elsewhere = [moved, created.url.replace('127.0.0.1', '127.0.0.2'), created.url.replace('http:', 'https:')];
    for (const url of elsewhere) {
      expectProblem(await lull.patch(at(created), { url }), 400, /^\/(headers|url)/);
      expectProblem(await lull.patch(at(created), { url, headers: { 'X-Key': '***', 'X-Two': '***' } }), 400, /^\/headers/);
      expectProblem(await lull.patch(at(created), { url, headers: { 'X-Key': 'k2' } }), 400, /^\/(headers|url)/);
      expectProblem(await lull.put(at(created), { ...created, url }), 400, /^\/headers/);
    }
    assert.equal((await lull.get(at(created))).json.url, created.url);
    expectStatus(await lull.patch(at(created), { url: `${sink.url}/moved/within` }), 200);
    assert.equal((await toldHeaders('/moved/within'))['x-key'], 'k1');
    expectStatus(await lull.patch(at(created), { url: moved, headers: { 'X-Key': 'k2', 'X-Two': null } }), 200);
    await publish(lull, assetChanged('moved'));
    const [{ headers }] = await other.received(1, '/moved');
    assert.deepEqual([headers['x-key'], headers['x-two']], ['k2', undefined]);
  });

  it('moves an endpoint without headers freely', async () => {
    const created = await registered('/free', { headers: {} });
    expectStatus(await lull.patch(at(created), { url: created.url.replace('127.0.0.1', '127.0.0.2') }), 200);
    assert.equal((await lull.delete(at(created))).status, 204);
  });

  it('answers 412 to a stale If-Match and changes nothing', async () => {
    const created = await registered('/etag');
    const first = await lull.get(at(created));
    const etag = first.headers.etag;
    assert.match(etag, /^(W\/)?"[^"]+"$/);
    const changed = await lull.patch(at(created), { name: 'second' }, { 'If-Match': etag });
    expectStatus(changed, 200);
    assert.notEqual(changed.headers.etag, etag);
    const stale = { 'If-Match': etag };
    expectProblem(await lull.patch(at(created), { name: 'third' }, stale), 412);
    expectProblem(await lull.put(at(created), { ...created, name: 'third' }, stale), 412);
    expectProblem(await lull.delete(at(created), stale), 412);
    const now = await lull.get(at(created));
    assert.equal(now.json.name, 'second');
    assert.equal(now.headers.etag, changed.headers.etag);
    expectStatus(await lull.put(at(created), { ...now.json, name: 'fourth' }, { 'If-Match': '*' }), 200);
    assert.equal((await lull.delete(at(created), { 'If-Match': (await lull.get(at(created))).headers.etag })).status, 204);
  });

  it('makes the ETag of the registration only: deliveries do not change it', async () => {
    const created = await registered('/steady');
    const { etag } = (await lull.get(at(created))).headers;
    await toldHeaders('/steady');
    await endpointWhen(lull, created.id, 'a success is recorded', (seen) => seen.lastSuccessAt);
    assert.equal((await lull.get(at(created))).headers.etag, etag);
  });

  it('pauses with enabled false, keeps what comes, and resumes', async () => {
    const created = await registered('/paused');
    const paused = expectStatus(await lull.patch(at(created), { enabled: false }), 200);
    assert.equal(paused.health, 'paused');
    assert.equal(paused.pausedReason, 'operator');
    await publish(lull, assetChanged('kept'));
    await endpointWhen(lull, created.id, 'one waits', (seen) => seen.queueDepth === 1);
    assert.equal(sink.at('/paused').length, 0);
    const resumed = expectStatus(await lull.patch(at(created), { enabled: true }), 200);
    assert.equal(resumed.health, 'healthy');
    assert.equal(resumed.pausedReason ?? null, null);
    await sink.received(1, '/paused');
  });

  it('cancels what waits for a bit that is removed', async () => {
    const created = await registered('/bits', { changeTypes: 3, enabled: false });
    await publish(lull, [assetChanged('gone'), { type: 'MetafieldCreated', itemId: 'stays', baseId: 1 }]);
    await endpointWhen(lull, created.id, 'two wait', (seen) => seen.queueDepth === 2);
    expectStatus(await lull.patch(at(created), { changeTypes: 2 }), 200);
    await endpointWhen(lull, created.id, 'one waits', (seen) => seen.queueDepth === 1);
    expectStatus(await lull.patch(at(created), { enabled: true }), 200);
    await sink.received(1, '/bits');
    await lull.drained();
    assert.deepEqual(sink.at('/bits').map(({ body }) => JSON.parse(body).Data.ItemId), ['stays']);
  });
});
