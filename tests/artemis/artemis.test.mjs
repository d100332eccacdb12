// The channel amqp against ActiveMQ Artemis: the same words over every protocol, outcomes, a full queue, and a broker that is killed mid-stream.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from '../e2e/support/cleanup.mjs';
import { expectProblem, expectStatus } from '../e2e/support/expect.mjs';
import { startLull } from '../e2e/support/lull.mjs';
import { all, endpointWhen, publish } from '../e2e/support/scenario.mjs';
import { startArtemis, topicOf } from './artemis.mjs';

suite('Artemis', () => {
  let artemis;
  let lull;

  const register = async (broker, queue, more = {}) => expectStatus(await lull.post('/endpoints', {
    name: `${broker} to ${queue}`, channel: 'amqp', changeTypes: 15, delivery: 'every', order: 'endpoint', target: { broker, queue, declare: true }, ...more,
  }), 201);
  const remove = async (...endpoints) => {
    for (const { id } of endpoints) expectStatus(await lull.delete(`/endpoints/${id}`), 204);
  };
  const delivered = async (...endpoints) => {
    for (const { id } of endpoints) await endpointWhen(lull, id, 'all is delivered', ({ queueDepth, lastSuccessAt }) => queueDepth === 0 && lastSuccessAt, { timeout: 60_000 });
  };

  before(async () => {
    artemis = await startArtemis();
    // Long enough that what a full queue rejects is still there when somebody reads.
    const schedule = ['00:00:00.200', ...Array(30).fill('00:00:01')].join(',');
    lull = await startLull({ settings: { ...artemis.settings(), 'Delivery:Retry:Schedule': schedule } });
  });

  it('fills queues over AMQP 1.0 and STOMP, with and without TLS; the same JSON is read over AMQP, WSS, STOMP and MQTT', async () => {
    const brokers = ['amqp', 'amqps', 'stomp', 'stomps'];
    const readers = ['amqp', 'wss', 'stomp', 'mqtt'];
    const endpoints = [];
    for (const broker of brokers) {
      for (const reader of readers) endpoints.push(await register(broker, `customers.${broker}.${reader}`));
    }
    await publish(lull, Array.from({ length: 100 }, (_, i) => ({ type: 'AssetCreated', itemId: i, baseId: 7, data: { title: `blåbær ${i} 🫐` } })));
    await delivered(...endpoints);
    const expected = Array.from({ length: 100 }, (_, i) => `{"ChangeType":1,"Data":{"ItemId":${i},"BaseId":7}}`);
    for (const broker of brokers) {
      const queue = (reader) => `customers.${broker}.${reader}`;
      const messages = await artemis.overAmqp(queue('amqp'), { least: 100 });
      messages.push(...await artemis.overWss(queue('wss'), { least: 100 }));
      assert.deepEqual(messages.map(({ body }) => body), [...expected, ...expected], `${broker}, read over AMQP and WSS`);
      assert.deepEqual((await artemis.overStomp(queue('stomp'))).map(({ body }) => body), expected, `${broker}, read over STOMP`);
      assert.deepEqual(await artemis.overMqtt(queue('mqtt'), 100), expected, `${broker}, read over MQTT`);
      for (const { id, durable, properties, contentType } of messages) {
        assert.equal(durable, true);
        assert.match(broker.startsWith('amqp') ? id : properties['webhook-id'], /^msg_/);
        assert.match(properties['Lull-Sequence'], /^\d+$/);
        if (broker.startsWith('amqp')) assert.equal(contentType, 'application/json');
      }
    }
    await remove(...endpoints);
  });

  it('fills a queue by STOMP also where the acceptor has no anycastPrefix: there /queue/ is a part of its name', async () => {
    const endpoint = await register('stock', 'customers.stock');
    await publish(lull, Array.from({ length: 20 }, (_, i) => ({ type: 'AssetCreated', itemId: i, baseId: 7 })));
    await delivered(endpoint);
    const messages = await artemis.overAmqp('/queue/customers.stock', { least: 20, port: artemis.stockPort });
    assert.deepEqual(messages.map(({ body }) => JSON.parse(body).Data.ItemId), Array.from({ length: 20 }, (_, i) => i));
    await remove(endpoint);
  });

  it('gives each queue to one endpoint', async () => {
    const first = await register('amqp', 'customers.a');
    const second = await register('amqp', 'customers.b');
    const again = await lull.post('/endpoints', { name: 'again', channel: 'amqp', changeTypes: 15, target: { broker: 'amqp', queue: 'customers.a' } });
    expectProblem(again, 409, '/target/queue');
    await remove(first, second);
  });

  it('lets a user who reads not write, and says what Lull may not write', async () => {
    const own = await register('amqp', 'customers.17');
    const refused = await register('amqp', 'internal.payroll');
    const refusedByStomp = await register('stomp', 'internal.wages');
    await publish(lull, { type: 'AssetCreated', itemId: 1, baseId: 1 });
    await delivered(own);
    for (const { id } of [refused, refusedByStomp]) {
      const { lastError } = await endpointWhen(lull, id, 'it is refused', (seen) => seen.lastError);
      console.log(lastError);
      assert.match(lastError, /^The broker (amqp takes nothing for the queue internal\.payroll \(amqp:.*CREATE_ADDRESS|stomp did not take the message)/);
    }
    assert.equal((await artemis.overWss('customers.17', { user: 'customer-17', least: 1 })).length, 1);
    assert.notEqual(await artemis.send('customer-17', 'customers.17', '{}'), 'accepted');
    await assert.rejects(artemis.overWss('customers.amqp.amqp', { user: 'customer-17' }));
    const reader = await artemis.mqtt('customer-17');
    assert.equal(await reader.subscribe(topicOf('customers.17')), 1);
    assert.equal(await reader.publish('customers/17', '{}'), false);
    assert.equal(await (await artemis.mqtt('operator')).publish('customers/17', '{}'), true);
    await remove(own, refused, refusedByStomp);
  });

  it('a full queue that rejects spends attempts, one that blocks stalls its endpoint without a charge; both get all in the end', async () => {
    const rejects = await register('amqp', 'customers.full.fail', { timeout: '00:00:02' });
    const blocks = await register('amqp', 'customers.full.block', { timeout: '00:00:02' });
    await publish(lull, Array.from({ length: 300 }, (_, i) => ({ type: 'AssetCreated', itemId: i, baseId: 7 })));
    const stalled = await endpointWhen(lull, blocks.id, 'it is stalled', ({ lastError }) => /gives no credit/.test(lastError ?? ''), { timeout: 30_000 });
    assert.ok(stalled.queueDepth > 0);
    const attempts = expectStatus(await lull.get(`/endpoints/${blocks.id}/attempts`), 200).items;
    assert.deepEqual(attempts.filter(({ outcome }) => !['delivered', 'released'].includes(outcome)), []);
    assert.equal(expectStatus(await lull.get(`/endpoints/${blocks.id}/queue`), 200).items[0].attempts, 0);
    const failing = await endpointWhen(lull, rejects.id, 'it is rejected', ({ lastError }) => lastError, { timeout: 30_000 });
    console.log(failing.lastError);
    assert.match(failing.lastError, /amqp:resource-limit-exceeded/);
    assert.ok(expectStatus(await lull.get(`/endpoints/${rejects.id}/queue`), 200).items[0].attempts > 0);
    const read = { fail: [], block: [] };
    const until = Date.now() + 60_000;
    while ((read.fail.length < 300 || read.block.length < 300) && Date.now() < until) {
      for (const kind of ['fail', 'block']) read[kind].push(...await artemis.overAmqp(`customers.full.${kind}`, { quiet: 300 }));
      for (const { id } of [rejects, blocks]) await lull.post(`/endpoints/${id}/queue/retry`, { all: true });
    }
    for (const kind of ['fail', 'block']) {
      assert.deepEqual([...new Set(read[kind].map(({ body }) => JSON.parse(body).Data.ItemId))], Array.from({ length: 300 }, (_, i) => i), kind);
    }
    assert.equal((await all(lull, '/dead-letters')).length, 0);
    await remove(rejects, blocks);
  });

  it('killed and started again mid-stream under load, it has every acknowledged event; repeats have the same id', async () => {
    const endpoint = await register('amqp', 'customers.killed', { order: 'none', maxConcurrency: 64 });
    await publish(lull, { type: 'AssetCreated', itemId: 0, baseId: 1 });
    await delivered(endpoint);
    let published = 0;
    const load = async (count) => {
      for (let i = 0; i < count; i += 100) await publish(lull, Array.from({ length: 100 }, () => ({ type: 'AssetCreated', itemId: ++published, baseId: 1 })));
    };
    await load(1_000);
    const more = load(3_000);
    await artemis.kill9();
    await more;
    const before = await endpointWhen(lull, endpoint.id, 'the broker is away', ({ lastError }) => /^The broker amqp is away/.test(lastError ?? ''));
    assert.ok(before.queueDepth > 0 && before.queueDepth < published, `${before.queueDepth} wait: it was not killed mid-stream`);
    await artemis.start();
    const there = Date.now();
    await load(500);
    await delivered(endpoint);
    const seconds = (Date.now() - there) / 1000;
    const byItem = new Map();
    for (const { id, body } of await artemis.overAmqp('customers.killed', { least: published })) {
      const item = JSON.parse(body).Data.ItemId;
      byItem.set(item, [...byItem.get(item) ?? [], id]);
    }
    const lost = Array.from({ length: published }, (_, i) => i + 1).filter((item) => !byItem.has(item));
    assert.deepEqual(lost, [], `of ${published} events, of which ${before.queueDepth} waited while it was away`);
    let repeats = 0;
    for (const [item, ids] of byItem) {
      repeats += ids.length - 1;
      assert.equal(new Set(ids).size, 1, `the repeats of ${item} have one id`);
    }
    console.log(`${published} events, all there; ${repeats} repeats; all delivered ${seconds} s after the broker takes connections`);
    await remove(endpoint);
  });
});
