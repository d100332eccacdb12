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

const shared = { 'Delivery:Timeout': '00:00:01', 'Delivery:LeaseMargin': '00:00:01', 'Delivery:MaxConcurrency': '8' };
const slowly = () => ({ status: 200, hold: new Promise((resolve) => { setTimeout(resolve, 10); }) });
const batch = (name) => Array.from({ length: 20 }, (_, index) => assetChanged(`${name}-${index}`));

suite('two instances', () => {
  let redis;
  let one;
  let two;
  const endpoints = [];
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

  /** Ten endpoints at one sink; two batches of 20 make 400 notifications. */
  async function tenEndpoints() {
    const sink = await startSink(slowly);
    for (let index = 0; index < 10; index += 1) endpoints.push(await register(one, `${sink.url}/${index}`));
    return sink;
  }
  const told = ({ requests }) => new Set(requests.map(({ path, body }) => path + body)).size;

  it('share the work, each notification once', async () => {
    const sink = await tenEndpoints();
    await Promise.all([publish(one, batch('a')), publish(two, batch('b'))]);
    await sink.received(400, undefined, 20_000);
    await one.drained();
    assert.equal(sink.requests.length, 400);
    assert.equal(told(sink), 400);
    const fleet = await Promise.all([one.metrics(), two.metrics()]);
    for (const metrics of fleet) assert.ok(metrics.value('lull_attempts_total') >= 40, 'each has made attempts');
    for (const name of ['created', 'delivered']) {
      const [mine, theirs] = fleet.map((metrics) => metrics.value(`lull_fleet_notifications_${name}_total`));
      assert.equal(mine, theirs, name);
    }
    for (const { id } of endpoints.splice(0)) assert.equal((await one.delete(`/endpoints/${id}`)).status, 204);
  });

  it('lose nothing when one is killed amid its work', async () => {
    const sink = await tenEndpoints();
    await Promise.all([publish(one, batch('c')), publish(two, batch('d'))]);
    await sink.received(60);
    await two.kill9();
    await waitFor('every item is told to everyone', () => told(sink) === 400, { timeout: 20_000 });
    await one.drained();
    const ids = new Map();
    for (const { path, body, headers } of sink.requests) {
      ids.set(path + body, (ids.get(path + body) ?? new Set()).add(headers['webhook-id']));
    }
    assert.ok([...ids.values()].every((each) => each.size === 1), 'a repeat is recognisable by its webhook-id');
    assert.equal((await one.terminate()).code, 0);
  });
});
