// Several instances on one Redis: they share the work, and losing one loses nothing.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const shared = { 'Delivery:Timeout': '00:00:01', 'Delivery:LeaseMargin': '00:00:01', 'Delivery:MaxConcurrencyPerEndpoint': '4' };
const slowly = () => ({ status: 200, hold: new Promise((resolve) => { setTimeout(resolve, 10); }) });
const batch = (name) => Array.from({ length: 200 }, (_, index) => assetChanged(`${name}-${index}`));

suite('two instances', () => {
  let redis;
  let one;
  let two;
  before(async () => {
    redis = await startRedis();
    [one, two] = await Promise.all([startLull({ redis, settings: shared }), startLull({ redis, settings: shared })]);
  });

  it('know of the same endpoints at once', async () => {
    const sink = await startSink();
    const endpoint = await register(one, sink.url, { changeTypes: 8 });
    expectStatus(await two.get(`/endpoints/${endpoint.id}`), 200);
    await publish(two, { type: 'ComboValueCreated', itemId: 1, baseId: 1 });
    await sink.received(1);
    assert.equal((await two.delete(`/endpoints/${endpoint.id}`)).status, 204);
    assert.equal((await one.get(`/endpoints/${endpoint.id}`)).status, 404);
  });

  it('share the work, each notification once', async () => {
    const sink = await startSink(slowly);
    const endpoint = await register(one, sink.url);
    await Promise.all([publish(one, batch('a')), publish(two, batch('b'))]);
    await sink.received(400, undefined, 20_000);
    await one.drained();
    assert.equal(sink.requests.length, 400);
    assert.equal(new Set(sink.requests.map(({ body }) => body)).size, 400);
    for (const lull of [one, two]) {
      assert.ok((await lull.metrics()).value('lull_attempts_total') > 0, 'each has made attempts');
    }
    const fleet = await Promise.all([one.metrics(), two.metrics()]);
    for (const name of ['created', 'delivered']) {
      const [mine, theirs] = fleet.map((metrics) => metrics.value(`lull_fleet_notifications_${name}_total`));
      assert.equal(mine, theirs, name);
    }
    assert.equal((await one.delete(`/endpoints/${endpoint.id}`)).status, 204);
  });

  it('lose nothing when one is killed amid its work', async () => {
    const sink = await startSink(slowly);
    await register(one, sink.url);
    await Promise.all([publish(one, batch('c')), publish(two, batch('d'))]);
    await sink.received(60);
    await two.kill9();
    await waitFor('every item is told', () => new Set(sink.requests.map(({ body }) => body)).size === 400, { timeout: 20_000 });
    await one.drained();
    const ids = new Map();
    for (const { body, headers } of sink.requests) ids.set(body, (ids.get(body) ?? new Set()).add(headers['webhook-id']));
    assert.ok([...ids.values()].every((each) => each.size === 1), 'a repeat is recognisable by its webhook-id');
    assert.equal((await one.terminate()).code, 0);
  });
});
