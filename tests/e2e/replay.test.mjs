// Replay since: an endpoint is told again of what changed, from an index that is written where windows fire.
import assert from 'node:assert/strict';
import { afterEach, before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { all, assetChanged, endpointWhen, publish, register as registerFor, registrations } from './support/scenario.mjs';
import { gate, startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const { register, removeAll } = registrations();
const settings = { 'Debouncing:Interval': '00:00:00', 'FormatValues:Source': '/test' };
const itemOf = ({ body }) => JSON.parse(body).Data.ItemId;
const isReplay = ({ headers }) => headers['lull-replay'] === 'true';
const numbered = (from, count, more) => Array.from({ length: count }, (_, at) => assetChanged(from + at, more));
const counts = ({ state, total, done, skipped }) => ({ state, total, done, skipped });

async function replay(lull, endpoint, since, more = {}) {
  const reply = await lull.post(`/endpoints/${endpoint.id}/replay`, { since, ...more });
  const job = expectStatus(reply, 202);
  assert.equal(reply.headers.location, `/api/v1/jobs/${job.id}`);
  return job;
}
const ended = (lull, job, timeout = 30_000) => waitFor('the replay has ended', async () => {
  const now = expectStatus(await lull.get(`/jobs/${job.id}`), 200);
  return now.state === 'running' ? undefined : now;
}, { timeout });
const noWindows = (lull) => waitFor('no window is open', async () => (await all(lull, '/windows')).length === 0, { timeout: 30_000 });

/** A moment behind everything that was accepted so far. */
async function moment(lull) {
  await noWindows(lull);
  const at = Date.now() + 5;
  await waitFor('the moment has passed', () => Date.now() > at + 5);
  return new Date(at).toISOString();
}

suite('replay', () => {
  afterEach(removeAll);
  let redis;
  let lull;
  before(async () => {
    redis = await startRedis();
    lull = await startLull({ redis, settings });
  });

  it('tells an endpoint, registered after all that, of what changed since: once each, newest state, in the order of the last changes', async () => {
    await publish(lull, numbered(1000, 20));
    const since = await moment(lull);
    await publish(lull, [assetChanged(1007), assetChanged(1003)]);
    await noWindows(lull);
    await publish(lull, [assetChanged('A-17'), assetChanged(1007, { type: 'AssetDeleted', baseId: 99 })]);
    await noWindows(lull);
    const sink = await startSink();
    const endpoint = await register(lull, sink.url, { maxConcurrency: 1 });
    const dry = expectStatus(await lull.post(`/endpoints/${endpoint.id}/replay`, { since, dryRun: true }), 200);
    assert.deepEqual(dry, { total: 3, skipped: 0 });
    const job = await replay(lull, endpoint, since);
    assert.equal(job.action, 'replay');
    assert.equal(job.completeSince, undefined, 'the index reaches back to the beginning of this store');
    assert.deepEqual(counts(await ended(lull, job)), { state: 'done', total: 3, done: 3, skipped: 0 });
    await lull.drained();
    assert.deepEqual(sink.requests.map(itemOf), [1003, 'A-17', 1007]);
    assert.ok(sink.requests.every(isReplay));
    assert.equal(JSON.parse(sink.requests[2].body).Data.BaseId, 99);
    assert.ok((await all(lull, '/jobs')).some(({ id, action }) => id === job.id && action === 'replay'));
  });

  it('gives each a new webhook-id, under which it is retried, and the sequence of the change', async () => {
    const since = await moment(lull);
    const sink = await startSink();
    const endpoint = await register(lull, sink.url);
    const { sequences: [sequence] } = await publish(lull, assetChanged(5));
    await sink.received(1);
    await lull.drained();
    let failures = 1;
    sink.answer = () => ({ status: failures-- > 0 ? 503 : 200 });
    await ended(lull, await replay(lull, endpoint, since));
    const [live, first, again] = await sink.received(3);
    assert.deepEqual([live, first, again].map(isReplay), [false, true, true]);
    assert.notEqual(first.headers['webhook-id'], live.headers['webhook-id']);
    assert.equal(again.headers['webhook-id'], first.headers['webhook-id']);
    assert.equal(Number(first.headers['lull-sequence']), sequence);
  });

  it('takes the filter of the endpoint and the change types that were asked for', async () => {
    const since = await moment(lull);
    await publish(lull, [assetChanged(1), assetChanged(2, { type: 'AssetDeleted' }), { type: 'MetafieldCreated', itemId: 3, baseId: 3 }]);
    await noWindows(lull);
    const sink = await startSink();
    const endpoint = await register(lull, sink.url, { filter: { operations: ['create'] } });
    const job = await replay(lull, endpoint, since, { changeTypes: 1 });
    assert.deepEqual(counts(await ended(lull, job)), { state: 'done', total: 2, done: 1, skipped: 1 });
    await lull.drained();
    assert.deepEqual(sink.requests.map(itemOf), [1]);
  });

  it('goes below what is told live: a change during a long replay has no more than twice the concurrency before it', async () => {
    const since = await moment(lull);
    await publish(lull, numbered(2000, 400));
    await noWindows(lull);
    const { opened, open } = gate();
    const sink = await startSink(() => ({ status: 200, hold: opened }));
    const endpoint = await register(lull, sink.url, { maxConcurrency: 4 });
    const job = await replay(lull, endpoint, since);
    await sink.received(4);
    await endpointWhen(lull, endpoint.id, 'eight more wait', ({ queueDepth }) => queueDepth === 12);
    await publish(lull, assetChanged('live'));
    await endpointWhen(lull, endpoint.id, 'the live one waits', ({ queueDepth }) => queueDepth === 13);
    open();
    assert.deepEqual(counts(await ended(lull, job)), { state: 'done', total: 400, done: 400, skipped: 0 });
    await lull.drained();
    const place = sink.requests.findIndex((request) => itemOf(request) === 'live');
    assert.ok(place <= 16, `it came as number ${place}`);
    assert.equal(isReplay(sink.requests[place]), false);
  });

  it('waits for a paused endpoint, can be cancelled, and fails when the endpoint is deleted', async () => {
    const since = await moment(lull);
    await publish(lull, numbered(3000, 50));
    await noWindows(lull);
    const sink = await startSink();
    const endpoint = await register(lull, sink.url, { maxConcurrency: 2, enabled: false });
    const first = await replay(lull, endpoint, since);
    const second = await replay(lull, endpoint, since);
    await endpointWhen(lull, endpoint.id, 'four wait', ({ queueDepth }) => queueDepth === 4);
    assert.equal(expectStatus(await lull.get(`/jobs/${first.id}`), 200).state, 'running');
    assert.equal((await lull.delete(`/jobs/${second.id}`)).status, 204);
    expectStatus(await lull.patch(`/endpoints/${endpoint.id}`, { enabled: true }), 200);
    assert.equal((await ended(lull, first)).done, 50);
    await lull.drained();
    assert.equal(new Set(sink.requests.map(itemOf)).size, 50);
    const gone = await register(lull, sink.url, { enabled: false, maxConcurrency: 1 });
    const job = await replay(lull, gone, since);
    await endpointWhen(lull, gone.id, 'two wait', ({ queueDepth }) => queueDepth === 2);
    assert.equal((await lull.delete(`/endpoints/${gone.id}`)).status, 204);
    const failed = await ended(lull, job);
    assert.equal(failed.state, 'failed');
    assert.equal(failed.done, 2, 'what it had told stays counted');
  });

  it('puts one message for each item at the end of the lanes of an endpoint that takes every event', async () => {
    const since = await moment(lull);
    await publish(lull, [assetChanged(1), assetChanged(2), assetChanged(1)]);
    await noWindows(lull);
    const sink = await startSink();
    const endpoint = await register(lull, sink.url, { delivery: 'every', order: 'endpoint' });
    const job = await replay(lull, endpoint, since);
    assert.deepEqual(counts(await ended(lull, job)), { state: 'done', total: 2, done: 2, skipped: 0 });
    await lull.drained();
    assert.deepEqual(sink.requests.map((request) => [itemOf(request), isReplay(request)]), [[2, true], [1, true]]);
  });

  it('is refused where the index does not know what it would take', async () => {
    const since = new Date().toISOString();
    for (const [more, word] of [[{ format: 'CloudEvents' }, /data/], [{ filter: { fields: ['title'] } }, /fields/],
      [{ filter: { scopes: ['AA'] } }, /scope/], [{ delivery: 'sync' }, /sync/]]) {
      const endpoint = await register(lull, 'http://127.0.0.1:9/', more);
      const problem = expectProblem(await lull.post(`/endpoints/${endpoint.id}/replay`, { since }), 409);
      assert.match(problem.detail, word);
    }
  });

  it('says from when on the index is complete, bounded by the most items and by their age', async () => {
    const own = await startLull({ redis: await startRedis(), settings: { ...settings, 'Replay:MaxItems': '20' } });
    const since = await moment(own);
    for (let first = 0; first < 30; first += 1) {
      await publish(own, assetChanged(first));
      await noWindows(own);
    }
    const sink = await startSink();
    const endpoint = await registerFor(own, sink.url, { maxConcurrency: 1 });
    const job = await replay(own, endpoint, since);
    assert.ok(job.completeSince > since, `${job.completeSince} after ${since}`);
    assert.equal(job.total, 20);
    await ended(own, job);
    await own.drained();
    assert.deepEqual(sink.requests.map(itemOf), Array.from({ length: 20 }, (_, at) => at + 10));
    assert.equal((await replay(own, endpoint, job.completeSince)).completeSince, undefined);
  });

  it('of 50,000 items that changed 5,000 since then: exactly those, once each, in the order of their changes, also when it is killed amid them', async () => {
    const own = await startRedis({ options: { appendfsync: 'everysec' } });
    let process = await startLull({ redis: own, settings });
    for (let first = 0; first < 50_000; first += 1000) await publish(process, numbered(first, 1000));
    const since = await moment(process);
    // Every tenth, from the highest to the lowest.
    const changed = Array.from({ length: 5000 }, (_, at) => 49_999 - 10 * at);
    for (let first = 0; first < 5000; first += 500) {
      await publish(process, changed.slice(first, first + 500).map((item) => assetChanged(item, { type: 'AssetMetadataUpdated' })));
    }
    await noWindows(process);

    const sink = await startSink();
    const endpoint = await registerFor(process, sink.url, { maxConcurrency: 1 });
    const job = await replay(process, endpoint, since);
    assert.equal(job.total, 5000);
    await sink.received(1500, undefined, 30_000);
    await process.kill9();
    assert.ok(sink.requests.length < 4500, 'it was killed amid them');
    process = await startLull({ redis: own, settings });
    assert.deepEqual(counts(await ended(process, job, 60_000)), { state: 'done', total: 5000, done: 5000, skipped: 0 });
    await process.drained();

    const ids = new Map(sink.requests.map((request) => [request.headers['webhook-id'], itemOf(request)]));
    assert.equal(ids.size, 5000, 'one message each; what was in flight when it was killed is sent again under the same id');
    assert.deepEqual([...ids.values()], changed);
    assert.ok(sink.requests.every(isReplay));
    const entries = Number(await own.command('HLEN', '{lull:00}:changed'));
    const bytes = Number(await own.command('MEMORY', 'USAGE', '{lull:00}:changed', 'SAMPLES', '0'));
    console.log(`index: ${entries} items, ${(bytes / entries).toFixed(1)} bytes each`);
    assert.equal(entries, 50_000);
    assert.ok(bytes / entries <= 260);
  });
});
