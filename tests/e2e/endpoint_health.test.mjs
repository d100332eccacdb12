// What a receiver's answers do to its whole endpoint: gone, parked, breaker open.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus, expectTime } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, endpointWhen, publish, register } from './support/scenario.mjs';
import { gate, startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('endpoint health', () => {
  let lull;
  before(async () => {
    lull = await startLull({ settings: { 'Delivery:Retry:Schedule': Array(20).fill('00:00:00.200').join(','),
      'Delivery:CircuitBreaker:Failures': '3', 'Delivery:CircuitBreaker:Probe': '00:00:00.500', 'Delivery:CircuitBreaker:MaxProbe': '00:00:01' } });
  });
  // Of this endpoint only, so that one case never waits for what another has left behind.
  const emptied = ({ id }) => endpointWhen(lull, id, 'nothing waits', ({ queueDepth }) => queueDepth === 0);
  const queueOf = async ({ id }) => (await lull.get(`/endpoints/${id}/queue`)).json.items;

  it('is paused as gone by a 410; the message waits and no attempt is spent', async () => {
    let status = 410;
    const sink = await startSink(() => ({ status }));
    const endpoint = await register(lull, sink.url, { changeTypes: 1 });
    await publish(lull, assetChanged(1));
    const gone = await endpointWhen(lull, endpoint.id, 'paused', ({ health }) => health === 'paused');
    assert.equal(gone.pausedReason, 'gone');
    assert.equal(gone.queueDepth, 1);
    assert.equal(sink.requests.length, 1);
    const [message] = await queueOf(endpoint);
    assert.equal(message.attempts, 0);
    status = 200;
    expectStatus(await lull.patch(`/endpoints/${endpoint.id}`, { enabled: true }), 200);
    await sink.received(2);
    await emptied(endpoint);
    assert.equal(sink.requests[1].headers['webhook-id'], sink.requests[0].headers['webhook-id']);
    assert.equal((await lull.get(`/endpoints/${endpoint.id}`)).json.health, 'healthy');
  });

  for (const [form, value] of [['seconds', '3600'], ['a date', new Date(Date.now() + 3_600_000).toUTCString()]]) {
    it(`is parked by a Retry-After in ${form}, alone; resuming clears it`, async () => {
      let status = 429;
      const sink = await startSink(() => ({ status, headers: { 'Retry-After': value } }));
      const beside = await startSink();
      const parked = await register(lull, sink.url, { changeTypes: 2 });
      await register(lull, beside.url, { changeTypes: 2 });
      const change = (itemId) => ({ type: 'MetafieldCreated', itemId, baseId: 1 });
      await publish(lull, change(1));
      const seen = await endpointWhen(lull, parked.id, 'parked', ({ nextAttemptAt }) => Date.parse(nextAttemptAt) > Date.now() + 60_000);
      const wait = expectTime(seen.nextAttemptAt) - Date.now();
      assert.ok(wait > 3_500_000 && wait < 3_605_000, `${wait} ms`);
      assert.notEqual(seen.health, 'open');
      await publish(lull, change(2));
      await beside.received(2);
      await endpointWhen(lull, parked.id, 'two wait', ({ queueDepth }) => queueDepth === 2);
      assert.equal(sink.requests.length, 1);
      status = 200;
      expectStatus(await lull.patch(`/endpoints/${parked.id}`, { enabled: true }), 200);
      await sink.received(3);
      await emptied(parked);
      assert.equal(sink.requests.length, 3);
      assert.equal((await lull.delete(`/endpoints/${parked.id}`)).status, 204);
    });
  }

  it('opens after failures in a row, probes with the oldest message alone, and closes on success', async () => {
    let status = 500;
    const sink = await startSink(() => ({ status }));
    const endpoint = await register(lull, sink.url, { changeTypes: 4, maxConcurrency: 1 });
    await publish(lull, Array.from({ length: 6 }, (_, itemId) => ({ type: 'TreeValueCreated', itemId, baseId: 1 })));
    const open = await endpointWhen(lull, endpoint.id, 'open', ({ health }) => health === 'open');
    assert.ok(open.consecutiveFailures >= 3);
    assert.match(`${open.lastError}`, /500/);
    const before = sink.requests.length;
    const probes = await sink.received(before + 2);
    const gap = probes.at(-1).at - probes.at(-2).at;
    assert.ok(gap >= 450, `probes ${gap} ms apart`);
    assert.equal(sink.mostOpen, 1);
    status = 200;
    await emptied(endpoint);
    assert.equal(new Set(sink.requests.filter((request) => request.status === 200).map(({ body }) => body)).size, 6);
    await endpointWhen(lull, endpoint.id, 'healthy', ({ health }) => health === 'healthy');
  });

  it('stays parked when only some messages are retried', async () => {
    let status = 503;
    const sink = await startSink(() => ({ status, headers: { 'Retry-After': '3600' } }));
    const endpoint = await register(lull, sink.url, { changeTypes: 8, maxConcurrency: 1 });
    await publish(lull, [1, 2].map((itemId) => ({ type: 'ComboValueCreated', itemId, baseId: 1 })));
    const parked = await endpointWhen(lull, endpoint.id, 'parked with two waiting', ({ nextAttemptAt, queueDepth }) =>
      queueDepth === 2 && Date.parse(nextAttemptAt) > Date.now() + 60_000);
    status = 200;
    const queue = `/endpoints/${endpoint.id}/queue`;
    const [{ id }] = await queueOf(endpoint);
    for (const [filter, matching] of [[{ itemId: 999999 }, 0], [{ itemId: 2 }, 1], [{ changeType: 8 }, 2], [{ status: 503 }, 1], [{ ids: [id] }, 1], [{ all: true, itemId: 1 }, 1]]) {
      assert.equal(expectStatus(await lull.post(`${queue}/retry`, filter), 202).retried, matching, JSON.stringify(filter));
      const after = (await lull.get(`/endpoints/${endpoint.id}`)).json;
      assert.ok(expectTime(after.nextAttemptAt) >= Date.parse(parked.nextAttemptAt), JSON.stringify(filter));
    }
    assert.equal(sink.requests.length, 1);
    assert.equal(expectStatus(await lull.post(`${queue}/retry`, { all: true }), 202).retried, 2);
    await emptied(endpoint);
    assert.equal((await lull.delete(`/endpoints/${endpoint.id}`)).status, 204);
  });

  it('keeps the newer message of an item when the one in flight is purged by its id', async () => {
    const first = gate();
    const sink = await startSink((_, index) => (index === 0 ? { status: 500, hold: first.opened } : { status: 200 }));
    const endpoint = await register(lull, sink.url, { changeTypes: 8 });
    const change = { type: 'ComboValueCreated', itemId: 1, baseId: 1 };
    await publish(lull, change);
    await sink.received(1);
    const [inFlight] = await queueOf(endpoint);
    const { sequences } = await publish(lull, change);
    await waitFor('the newer one is behind it', async () => (await lull.get(`/endpoints/${endpoint.id}`)).json.queueDepth === 2);
    assert.equal(expectStatus(await lull.post(`/endpoints/${endpoint.id}/queue/purge`, { ids: [inFlight.id] }), 200).purged, 1);
    const [, newer] = await sink.received(2);
    first.open();
    await emptied(endpoint);
    assert.equal(newer.headers['lull-sequence'], `${sequences[0]}`);
    assert.notEqual(newer.headers['webhook-id'], inFlight.id);
    assert.equal(sink.requests.length, 2);
    assert.equal((await lull.delete(`/endpoints/${endpoint.id}`)).status, 204);
  });

  it('makes everything due at once with queue/retry, and lets go of it with queue/purge', async () => {
    let status = 503;
    const sink = await startSink(() => ({ status, headers: { 'Retry-After': '3600' } }));
    const endpoint = await register(lull, sink.url, { changeTypes: 8, maxConcurrency: 1 });
    await publish(lull, [1, 2, 3].map((itemId) => ({ type: 'ComboValueCreated', itemId, baseId: 1 })));
    await waitFor('parked with three waiting', async () => {
      const items = await queueOf(endpoint);
      return items.length === 3 && items.some(({ lastStatus }) => lastStatus === 503);
    });
    const queue = `/endpoints/${endpoint.id}/queue`;
    expectProblem(await lull.post(`${queue}/retry`, {}), 400);
    expectProblem(await lull.post(`${queue}/purge`, {}), 400);
    assert.equal(expectStatus(await lull.post(`${queue}/purge`, { itemId: 2 }), 200).purged, 1);
    assert.deepEqual((await queueOf(endpoint)).map(({ itemId }) => itemId).sort(), [1, 3]);
    status = 200;
    assert.equal(expectStatus(await lull.post(`${queue}/retry`, { all: true }), 202).retried, 2);
    await emptied(endpoint);
    assert.deepEqual(await queueOf(endpoint), []);
    const delivered = sink.requests.filter((request) => request.status === 200).map(({ body }) => JSON.parse(body).Data.ItemId);
    assert.deepEqual(delivered.sort(), [1, 3]);
  });
});
