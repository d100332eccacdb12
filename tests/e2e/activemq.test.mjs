// Endpoints whose messages ActiveMQ takes over STOMP, read by an independent client: queues of one account, a broker that is killed, and what
// operators see of that.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { queueOfTopic, startActiveMq } from './support/activemq.mjs';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { runLull, startLull } from './support/lull.mjs';
import { all, endpointWhen, publish } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('ActiveMQ', () => {
  let activemq;
  let lull;

  const register = async (queue, more = {}) => expectStatus(await lull.post('/endpoints', {
    name: `to ${queue}`, channel: 'amqp', changeTypes: 15, delivery: 'every', target: { broker: 'desk', queue }, ...more,
  }), 201);

  before(async () => {
    activemq = await startActiveMq();
    lull = await startLull({ settings: { ...activemq.settings(), 'FormatValues:Source': '/desk' } });
  });

  it('fills queues of one account, each in the order of all events, with the same words as a webhook: read over STOMP, OpenWire and MQTT', async () => {
    const sink = await startSink();
    const customer = 'customer-17';
    const byTopic = queueOfTopic(customer, 'customers/17/changes');
    const ids = [];
    for (const queue of ['customers.17', 'customers.17.openwire', byTopic]) ids.push((await register(queue, { order: 'endpoint', target: { broker: 'desk', queue, declare: true } })).id);
    ids.push((await register('customers.17b', { order: 'endpoint', changeTypes: 1, format: 'CloudEvents' })).id);
    ids.push(expectStatus(await lull.post('/endpoints', { name: 'beside', url: sink.url, changeTypes: 15, delivery: 'every', order: 'endpoint' }), 201).id);
    const events = Array.from({ length: 200 }, (_, i) => ({
      type: i % 2 ? 'AssetCreated' : 'MetafieldCreated', itemId: i, baseId: 7, data: { title: `blåbær ${i} 🫐` },
    }));
    await publish(lull, events);
    for (const id of ids) await endpointWhen(lull, id, 'all is delivered', ({ queueDepth, lastSuccessAt }) => queueDepth === 0 && lastSuccessAt, { timeout: 30_000 });
    const messages = await activemq.drain('customers.17', { user: customer });
    const posts = (await sink.received(200)).map(({ body }) => body.toString());
    assert.deepEqual(messages.map(({ body }) => body), posts);
    assert.deepEqual(await activemq.overOpenWire('customers.17.openwire', 200, customer), posts);
    assert.deepEqual(await activemq.overMqtt('customers/17/changes', 200, customer), posts);
    for (const { headers } of messages) {
      assert.match(headers['webhook-id'], /^msg_/);
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers.persistent, 'true');
      assert.equal(headers['destination-type'], 'ANYCAST', 'ActiveMQ keeps what is meant for Artemis as a property');
      assert.match(headers['Lull-Sequence'], /^\d+$/);
    }
    assert.equal(new Set(messages.map(({ headers }) => headers['webhook-id'])).size, 200);
    const second = (await activemq.drain('customers.17b')).map(({ body }) => JSON.parse(body));
    assert.deepEqual(second.map(({ data }) => data), events.filter(({ type }) => type === 'AssetCreated').map(({ data }) => data));
    for (const id of ids) expectStatus(await lull.delete(`/endpoints/${id}`), 204);
  });

  it('lets a user who reads not write, and says what Lull may not write', async () => {
    assert.equal((await activemq.send('customer-17', 'customers.17', '{}')).command, 'ERROR');
    const refused = await register('internal.payroll');
    await publish(lull, { type: 'AssetCreated', itemId: 1, baseId: 1 });
    await endpointWhen(lull, refused.id, 'it is refused', ({ lastError }) => lastError
      === 'The broker desk did not take the message (User lull is not authorized to write to: queue://internal.payroll).');
    expectStatus(await lull.delete(`/endpoints/${refused.id}`), 204);
  });

  it('takes a registration by its rules', async () => {
    const refused = async (body, status, pointer) => expectProblem(await lull.post('/endpoints', {
      name: 'x', channel: 'amqp', changeTypes: 1, target: { broker: 'desk', queue: 'customers.1' }, ...body,
    }), status, pointer);
    await refused({ target: { broker: 'fs', queue: 'q' } }, 400, '/target/broker');
    await refused({ target: { broker: 'desk' } }, 400, '/target/queue');
    await refused({ target: { broker: 'desk', queue: 'customers.1,customers.2' } }, 400, '/target/queue');
    await refused({ target: { broker: 'desk', queue: 'q', routingKey: 'a' } }, 400, '/target/routingKey');
    await refused({ target: undefined }, 400, '/target');
    await refused({ url: 'https://example.com/' }, 400, '/url');
    await refused({ delivery: 'sync' }, 400, '/delivery');
    await refused({ channel: 'rabbitmq' }, 400, '/target/broker');

    const endpoint = await register('customers.1');
    assert.equal(endpoint.channel, 'amqp');
    assert.deepEqual(endpoint.target, { broker: 'desk', queue: 'customers.1', declare: false });
    await refused({}, 409, '/target/queue');
    expectProblem(await lull.patch(`/endpoints/${endpoint.id}`, { channel: 'rabbitmq' }), 400, '/channel');
    const patched = expectStatus(await lull.patch(`/endpoints/${endpoint.id}`, { target: { declare: true } }), 200);
    assert.deepEqual(patched.target, { broker: 'desk', queue: 'customers.1', declare: true });
    const put = expectStatus(await lull.put(`/endpoints/${endpoint.id}`, { ...patched, name: 'renamed' }), 200);
    assert.deepEqual(put.target, patched.target);
    expectProblem(await lull.get(`/endpoints/${endpoint.id}/secret`), 409);
    expectStatus(await lull.delete(`/endpoints/${endpoint.id}`), 204);
    expectStatus(await lull.delete(`/endpoints/${(await register('customers.1')).id}`), 204);
  });

  it('killed and started again mid-stream under load, it has every acknowledged event; repeats have the same id', async () => {
    const endpoint = await register('customers.killed', { order: 'none', maxConcurrency: 64 });
    await publish(lull, { type: 'AssetCreated', itemId: 0, baseId: 1 });
    await endpointWhen(lull, endpoint.id, 'the first is delivered', ({ lastSuccessAt }) => lastSuccessAt);
    let published = 0;
    const load = async (count) => {
      for (let i = 0; i < count; i += 100) {
        await publish(lull, Array.from({ length: 100 }, () => ({ type: 'AssetCreated', itemId: ++published, baseId: 1 })));
      }
    };
    await load(1_000);
    const more = load(3_000);
    await activemq.kill9();
    await more;
    const before = await endpointWhen(lull, endpoint.id, 'the broker is away', ({ lastError }) => /^The broker desk is away/.test(lastError ?? ''));
    assert.ok(before.queueDepth > 0 && before.queueDepth < published, `${before.queueDepth} wait: it was not killed mid-stream`);
    const alert = await waitFor('an alert', async () => (await all(lull, '/alerts')).find(({ kind, subject }) => kind === 'broker' && subject === 'desk'));
    assert.match(alert.sentence, /^The broker desk is away: .* Its endpoints wait, nothing is charged, and they go on by themselves once it is back\.$/);
    await activemq.start();
    const there = Date.now();
    await load(500);
    await endpointWhen(lull, endpoint.id, 'all is delivered', ({ queueDepth }) => queueDepth === 0, { timeout: 60_000 });
    const seconds = (Date.now() - there) / 1000;
    const byItem = new Map();
    for (const { headers, body } of await activemq.drain('customers.killed')) {
      const item = JSON.parse(body).Data.ItemId;
      byItem.set(item, [...byItem.get(item) ?? [], headers['webhook-id']]);
    }
    const lost = Array.from({ length: published }, (_, i) => i + 1).filter((item) => !byItem.has(item));
    if (lost.length > 0) console.log(activemq.log());
    assert.deepEqual(lost, [], `of ${published} events, of which ${before.queueDepth} waited while it was away`);
    let repeats = 0;
    for (const [item, ids] of byItem) {
      repeats += ids.length - 1;
      assert.equal(new Set(ids).size, 1, `the repeats of ${item} have one id`);
    }
    console.log(`${published} events, all there; ${repeats} repeats; all delivered ${seconds} s after the broker takes connections`);
    assert.equal((await all(lull, '/dead-letters')).length, 0);
    expectStatus(await lull.delete(`/endpoints/${endpoint.id}`), 204);
  });

  it('takes registrations while it is away, and a stop waits for nothing then; the password is nowhere', async () => {
    await activemq.kill9();
    const endpoint = await register('customers.later');
    await publish(lull, { type: 'AssetCreated', itemId: 5, baseId: 5 });
    await endpointWhen(lull, endpoint.id, 'the broker is away', ({ lastError }) => /^The broker desk is away/.test(lastError ?? ''));
    assert.equal(expectStatus(await lull.get(`/endpoints/${endpoint.id}/queue`), 200).items[0].attempts, 0);
    const printed = await runLull({ command: ['print-config'], settings: activemq.settings(), cwd: temporaryDirectory('cwd') });
    const shown = (await lull.get('/settings')).text;
    const { code } = await lull.terminate();
    assert.equal(code, 0);
    for (const text of [lull.output, printed.output, shown]) assert.ok(!text.includes(activemq.password));
    assert.match(printed.output, /Brokers:0:Password/);
  });
});
