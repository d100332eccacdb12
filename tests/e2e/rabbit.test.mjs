// Endpoints whose messages a RabbitMQ broker takes, read by an independent client: the student register of deploy/examples byte for byte,
// a consumer that is away, a broker that is killed, and what operators see of all that.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, before, it } from 'node:test';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { repository, runLull, startLull } from './support/lull.mjs';
import { drain, startRabbit } from './support/rabbitmq.mjs';
import { all, endpointWhen, publish } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const examples = join(repository, 'deploy/examples');
const example = join(examples, 'student-register');
const exchange = 'ex_fs_messages';

/** The rows of the table that the catalogue was made from: resource, table, and what becomes of insert, update and delete. */
const tables = readFileSync(join(example, 'tables.tsv'), 'utf8').trim().split('\n').slice(1).map((line) => line.split('\t'));
/** How many events one lane carries here, one after another (`./dev prove rabbit`: 10,000). */
const inOneLane = Number(process.env.LULL_RABBIT_LANE ?? 1_000);
const idNames = { personer: 'person_id', 'studentunderv.aktiviteter': 'studentundervisningsaktivitet_id' };

suite('RabbitMQ', () => {
  let rabbit;
  let reader;
  let lull;

  // What a test makes goes with it, so that one that fails leaves nothing to the others.
  const made = [];
  const bound = [];
  const register = async (target, more = {}) => {
    const created = expectStatus(await lull.post('/endpoints', {
      name: `to ${target.queue ?? target.routingKey}`, channel: 'rabbitmq', changeTypes: 2 ** 27 - 1, delivery: 'every', target: { broker: 'fs', ...target }, ...more,
    }), 201);
    made.push(created.id);
    return created;
  };
  const boundQueue = async (name, key) => {
    await reader.assertQueue(name, { durable: true });
    bound.push(name);
    await reader.bindQueue(name, exchange, key);
  };
  afterEach(async () => {
    for (const id of made.splice(0)) await lull.delete(`/endpoints/${id}`).catch(() => {});
    for (const name of bound.splice(0)) await reader.deleteQueue(name);
  });
  const countOf = async (queue) => (await reader.checkQueue(queue)).messageCount;

  before(async () => {
    rabbit = await startRabbit();
    reader = await rabbit.client();
    await reader.assertExchange(exchange, 'topic', { durable: true });
    // What the example says, with this broker in place of its own.
    lull = await startLull({ settings: rabbit.settings(exchange), cwd: example });
  });

  it('gets the register: 37 tables × 3 operations, bodies and routing keys byte for byte', async () => {
    assert.equal(tables.length, 37);
    assert.equal(new Set(tables.map(([resource]) => resource)).size, 27);
    await boundQueue('register', 'no.uio.fs.FS-prod.#');
    const endpoint = await register({ routingKey: 'no.uio.fs.FS-prod.{resource}.{operation}' }, { format: 'Claims', order: 'endpoint' });
    const expected = [];
    for (const [row, [resource, table, ...operations]] of tables.entries()) {
      for (const [index, suffix] of ['Inserted', 'Updated', 'Deleted'].entries()) {
        const itemId = 1000 + row;
        await publish(lull, { type: `${table}${suffix}`, itemId, baseId: itemId });
        expected.push({ resource, operation: operations[index], itemId });
      }
    }
    await waitFor('all are in the queue', async () => await countOf('register') === 111, { timeout: 30_000 });
    const messages = await drain(reader, 'register');
    for (const [index, { resource, operation, itemId }] of expected.entries()) {
      const { content, fields, properties } = messages[index];
      const { iat, jti } = JSON.parse(content);
      assert.match(iat, /^\d{13}$/);
      assert.match(jti, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      const idName = idNames[resource] ?? `${resource}_id`;
      assert.equal(content.toString(), `{"sub":"${resource}/${itemId}","${idName}":"${itemId}","iss":"FS-prod","iat":"${iat}","operation":"${operation}","jti":"${jti}"}`);
      assert.equal(fields.routingKey, `no.uio.fs.FS-prod.${resource}.${operation}`);
      assert.equal(fields.exchange, exchange);
      assert.equal(properties.contentType, 'application/json');
      assert.equal(properties.deliveryMode, 2);
      assert.match(properties.messageId, /^msg_/);
      assert.equal(typeof properties.headers['Lull-Sequence'], 'string');
    }
  });

  it('keeps 10,000 events for a consumer that is away, those of each item in their order', async () => {
    const endpoint = await register({ queue: 'customer-16', declare: true }, { order: 'item', format: 'Notification', maxConcurrency: 64 });
    for (let from = 0; from < 10_000; from += 500) {
      await publish(lull, Array.from({ length: 500 }, (_, i) => ({ type: 'CampusUpdated', itemId: i, baseId: from + i })));
    }
    await endpointWhen(lull, endpoint.id, 'all wait', ({ queueDepth }) => queueDepth === 0, { timeout: 90_000, interval: 100 });
    // Somebody who declares a durable queue of that name is refused if it is not durable.
    assert.equal((await reader.assertQueue('customer-16', { durable: true })).messageCount, 10_000);
    const next = new Map();
    for (const { content } of await drain(reader, 'customer-16')) {
      const { ItemId, BaseId } = JSON.parse(content).Data;
      assert.equal(BaseId, next.get(ItemId) ?? ItemId);
      next.set(ItemId, BaseId + 500);
    }
    assert.equal(next.size, 500);
    for (const after of next.values()) assert.ok(after >= 10_000);
  });

  it(`keeps ${inOneLane} events for it in the order of all`, async () => {
    const endpoint = await register({ queue: 'customer-17', declare: true }, { order: 'endpoint', format: 'Notification' });
    const began = Date.now();
    for (let from = 0; from < inOneLane; from += 500) {
      await publish(lull, Array.from({ length: 500 }, (_, i) => ({ type: 'CampusUpdated', itemId: from + i, baseId: 1 })));
    }
    await endpointWhen(lull, endpoint.id, 'all wait', ({ queueDepth }) => queueDepth === 0, { timeout: 30_000 + inOneLane * 15, interval: 100 });
    console.log(`${inOneLane} events in one lane: ${Math.round(inOneLane / (Date.now() - began) * 1000)} a second`);
    const ids = (await drain(reader, 'customer-17')).map(({ content }) => JSON.parse(content).Data.ItemId);
    assert.deepEqual(ids, Array.from({ length: inOneLane }, (_, i) => i));
  });

  it('needs no more than the documented permissions; a user who reads cannot write', async () => {
    await boundQueue('all', '#');
    const narrow = [
      await register({ broker: 'narrow', queue: 'customer-17', declare: true }),
      await register({ broker: 'narrow', routingKey: 'narrow.{operation}' }),
      await register({ broker: 'narrow', exchange: 'ex_other', routingKey: 'x' }),
    ];
    await publish(lull, { type: 'LandInserted', itemId: 46, baseId: 46 });
    for (const { id } of narrow.slice(0, 2)) await endpointWhen(lull, id, 'it is delivered', ({ lastSuccessAt }) => lastSuccessAt);
    const refused = await endpointWhen(lull, narrow[2].id, 'it is refused', ({ lastError }) => lastError);
    assert.match(refused.lastError, /^The broker narrow did not take the message \(403 ACCESS_REFUSED .*'ex_other'/);

    const customer = () => rabbit.client({ user: 'customer-17' });
    assert.equal((await drain(await customer(), 'customer-17')).length, 1);
    const refusedTo = async (what) => assert.rejects(async () => {
      const channel = await customer();
      await new Promise((resolve, reject) => {
        channel.once('error', reject);
        Promise.resolve(what(channel)).then(() => channel.checkQueue('customer-17')).then(resolve, reject);
      });
    }, /403|ACCESS_REFUSED/);
    await refusedTo((channel) => channel.publish('', 'customer-17', Buffer.from('{}')));
    await refusedTo((channel) => channel.publish(exchange, 'narrow.create', Buffer.from('{}')));
    await refusedTo((channel) => channel.get('all'));
    await refusedTo((channel) => channel.assertQueue('customer-18'));
    await refusedTo((channel) => channel.deleteQueue('customer-17'));
    assert.equal((await drain(reader, 'all')).length, 1);
    assert.equal(await countOf('customer-17'), 0);
  });

  it('shows in /queue what no queue takes, and what exchange is missing', async () => {
    const unrouted = await register({ routingKey: 'nobody.{operation}' });
    const missing = await register({ exchange: 'ex_none', routingKey: 'a' });
    await publish(lull, { type: 'LandInserted', itemId: 47, baseId: 47 });
    const sentenceOf = ({ id }) => waitFor('a sentence', async () => expectStatus(await lull.get(`/endpoints/${id}/queue`), 200).items[0]?.lastError);
    assert.equal(await sentenceOf(unrouted), `No queue is bound to the exchange ${exchange} for the routing key nobody.create (312 NO_ROUTE).`);
    assert.equal(await sentenceOf(missing), "The broker fs did not take the message (404 NOT_FOUND - no exchange 'ex_none' in vhost '/no/uio/fs').");
  });

  it('takes a registration by its rules', async () => {
    const refused = async (body, status, pointer) => expectProblem(await lull.post('/endpoints', {
      name: 'x', channel: 'rabbitmq', changeTypes: 1, target: { broker: 'fs', queue: 'q1' }, ...body,
    }), status, pointer);
    const unknown = await refused({ target: { broker: 'sf', queue: 'q1' } }, 400, '/target/broker');
    assert.match(unknown.errors[0].detail, /the settings have fs, narrow\./);
    await refused({ target: undefined }, 400, '/target');
    await refused({ target: { broker: 'fs' } }, 400, '/target/routingKey');
    await refused({ target: { broker: 'fs', queue: 'q1', exchange: 'e' } }, 400, '/target/exchange');
    await refused({ target: { broker: 'fs', routingKey: '{resurce}' } }, 400, '/target/routingKey');
    await refused({ target: { broker: 'fs', routingKey: 'a', declare: true } }, 400, '/target/declare');
    await refused({ target: { broker: 'fs', queue: 'q1', pasword: 'x' } }, 400, '/target/pasword');
    await refused({ url: 'https://example.com/' }, 400, '/url');
    await refused({ secret: `whsec_${Buffer.alloc(24).toString('base64')}` }, 400, '/secret');
    await refused({ delivery: 'sync' }, 400, '/delivery');
    await refused({ channel: 'webhook' }, 400, '/target');
    await refused({ channel: 'kafka' }, 400, '/channel');

    const endpoint = await register({ queue: 'q1' });
    assert.deepEqual(endpoint.target, { broker: 'fs', queue: 'q1', declare: false });
    assert.equal(endpoint.url, undefined);
    await refused({}, 409, '/target/queue');
    expectProblem(await lull.patch(`/endpoints/${endpoint.id}`, { channel: 'webhook' }), 400, '/channel');
    const patched = expectStatus(await lull.patch(`/endpoints/${endpoint.id}`, { target: { declare: true } }), 200);
    assert.deepEqual(patched.target, { broker: 'fs', queue: 'q1', declare: true });
    const put = expectStatus(await lull.put(`/endpoints/${endpoint.id}`, { ...patched, name: 'renamed' }), 200);
    assert.deepEqual(put.target, patched.target);
    expectProblem(await lull.get(`/endpoints/${endpoint.id}/secret`), 409);
    const other = await register({ queue: 'q2' });
    expectProblem(await lull.patch(`/endpoints/${other.id}`, { target: { queue: 'q1' } }), 409, '/target/queue');
    for (const { id } of [endpoint, other]) expectStatus(await lull.delete(`/endpoints/${id}`), 204);
    expectStatus(await lull.delete(`/endpoints/${(await register({ queue: 'q1' })).id}`), 204);
  });

  it('stalls only the endpoints of a broker that is full, and charges nothing', async () => {
    const sink = await startSink();
    const stalled = await register({ queue: 'full', declare: true }, { timeout: '00:00:01' });
    const webhook = expectStatus(await lull.post('/endpoints', { name: 'beside', url: sink.url, changeTypes: 2 ** 27 - 1, delivery: 'every' }), 201);
    await rabbit.control('set_vm_memory_high_watermark', '0.00001');
    await publish(lull, Array.from({ length: 20 }, (_, i) => ({ type: 'EmneUpdated', itemId: i, baseId: 1 })));
    await sink.received(20);
    const seen = await endpointWhen(lull, stalled.id, 'the broker takes nothing', ({ lastError }) => /takes no messages at present/.test(lastError ?? ''), { timeout: 20_000 });
    assert.equal(seen.queueDepth, 20);
    for (const { attempts } of expectStatus(await lull.get(`/endpoints/${stalled.id}/queue`), 200).items) assert.ok(attempts <= 1, `${attempts} attempts`);
    await rabbit.control('set_vm_memory_high_watermark', '0.6');
    await endpointWhen(lull, stalled.id, 'all is delivered', ({ queueDepth }) => queueDepth === 0, { timeout: 30_000 });
    const ids = new Set((await drain(reader, 'full')).map(({ content }) => JSON.parse(content).Data.ItemId));
    assert.equal(ids.size, 20);
    expectStatus(await lull.delete(`/endpoints/${webhook.id}`), 204);
  });

  it('tells a newsroom\'s desks of the fields that each works with: the example, body for body', async () => {
    const newsroom = join(examples, 'newsroom');
    const settings = Object.entries(rabbit.settings()).filter(([key]) => key.startsWith('Brokers:0:'));
    const room = await startLull({ settings: { ...Object.fromEntries(settings), 'Brokers:0:Name': 'newsroom' }, cwd: newsroom });
    const desks = [];
    for (const registration of JSON.parse(readFileSync(join(newsroom, 'endpoints.json'), 'utf8'))) {
      desks.push(expectStatus(await room.post('/endpoints', registration), 201));
    }
    const fields = desks.map(({ filter }) => filter.fields);
    assert.deepEqual(fields.map(({ length }) => length), [10, 6, 6]);
    const expected = [[], [], []];
    let itemId = 123_456_789;
    const tell = async (type, changedFields, told) => {
      await publish(room, { type, itemId: ++itemId, baseId: 1, ...changedFields && { changedFields } });
      for (const desk of told) expected[desk].push(itemId);
    };
    await tell('EntryCreated', ['title'], [0, 1, 2]);
    for (const [desk, names] of fields.entries()) for (const name of names) await tell('EntryUpdated', ['colour', name], [desk]);
    await tell('EntryUpdated', ['colour'], []);
    await tell('EntryUpdated', ['title', 'deadline'], [0, 1]);
    await tell('EntryDeleted', undefined, [0, 1, 2]);
    for (const [desk, { id, target }] of desks.entries()) {
      await endpointWhen(room, id, 'all is delivered', ({ queueDepth, lastSuccessAt }) => lastSuccessAt && queueDepth === 0);
      await waitFor('all wait', async () => await countOf(target.queue) === expected[desk].length);
      const bodies = (await drain(reader, target.queue)).map(({ content }) => content.toString());
      const ids = bodies.map((body) => {
        const [, id] = /^\{"elementId":(\d+),"modificationDate":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z"\}$/.exec(body) ?? assert.fail(body);
        return Number(id);
      });
      assert.deepEqual(ids.sort(), expected[desk]);
    }
    await room.terminate();
  });

  it('killed and started again mid-stream under load, it has every acknowledged event; repeats have the same id', async () => {
    const endpoint = await register({ queue: 'killed', declare: true }, { order: 'none', format: 'Claims' });
    await publish(lull, { type: 'FagUpdated', itemId: 0, baseId: 1 });
    await endpointWhen(lull, endpoint.id, 'the first is delivered', ({ lastSuccessAt }) => lastSuccessAt);
    // RabbitMQ answers a declaration before it stands on disk: killed within a second of it, it has lost the queue and all that it confirmed.
    await rabbit.control('eval', 'mnesia:sync_log().');
    let published = 0;
    const load = async (count) => {
      for (let i = 0; i < count; i += 100) {
        await publish(lull, Array.from({ length: 100 }, () => ({ type: 'FagUpdated', itemId: ++published, baseId: 1 })));
      }
    };
    await load(1_000);
    const more = load(3_000);
    await rabbit.kill9();
    await more;
    const before = await endpointWhen(lull, endpoint.id, 'the broker is away', ({ lastError }) => /^The broker fs is away/.test(lastError ?? ''));
    const alert = await waitFor('an alert', async () => (await all(lull, '/alerts')).find(({ kind, subject }) => kind === 'broker' && subject === 'fs'));
    assert.match(alert.sentence, /^The broker fs .* Its endpoints wait, nothing is charged, and they go on by themselves once it is back\.$/);
    assert.ok(before.queueDepth > 0 && before.queueDepth < published, `${before.queueDepth} wait: it was not killed mid-stream`);
    await rabbit.start();
    const there = Date.now();
    reader = await rabbit.client();
    const stored = await countOf('killed');
    await load(500);
    await endpointWhen(lull, endpoint.id, 'all is delivered', ({ queueDepth }) => queueDepth === 0, { timeout: 60_000 });
    const seconds = (Date.now() - there) / 1000;
    const messages = await drain(reader, 'killed');
    const byItem = new Map();
    for (const { content, properties } of messages) {
      const { sub, jti } = JSON.parse(content);
      const item = Number(sub.split('/')[1]);
      byItem.set(item, [...byItem.get(item) ?? [], { jti, messageId: properties.messageId }]);
    }
    assert.deepEqual(await all(lull, `/dead-letters?endpointId=${endpoint.id}`), []);
    const lost = Array.from({ length: published }, (_, i) => i + 1).filter((item) => !byItem.has(item));
    if (lost.length > 0) console.log(rabbit.log());
    assert.deepEqual(lost, [], `of ${published} events, of which ${before.queueDepth} waited while it was away, and ${stored} were stored before`);
    let repeats = 0;
    for (const [item, copies] of byItem) {
      if (item === 0) continue;
      repeats += copies.length - 1;
      assert.equal(new Set(copies.map(({ messageId }) => messageId)).size, 1, `the repeats of ${item} have one message id`);
      assert.equal(new Set(copies.map(({ jti }) => jti)).size, 1, `the repeats of ${item} have one jti`);
    }
    console.log(`${published} events, all there; ${repeats} repeats; all delivered ${seconds} s after the broker takes connections`);
  });

  it('takes registrations while it is away, and a stop waits for nothing then; the password is nowhere', async () => {
    await rabbit.kill9();
    const endpoint = await register({ queue: 'later', declare: true });
    await publish(lull, { type: 'KullInserted', itemId: 5, baseId: 5 });
    await endpointWhen(lull, endpoint.id, 'the broker is away', ({ lastError }) => /^The broker fs is away/.test(lastError ?? ''));
    const item = expectStatus(await lull.get(`/endpoints/${endpoint.id}/queue`), 200).items[0];
    assert.equal(item.attempts, 0);
    const printed = await runLull({ command: ['print-config'], settings: rabbit.settings(exchange), cwd: temporaryDirectory('cwd') });
    const shown = (await lull.get('/settings')).text;
    const { code } = await lull.terminate();
    assert.equal(code, 0);
    for (const text of [lull.output, printed.output, shown, readFileSync(join(example, 'appsettings.json'), 'utf8')]) assert.ok(!text.includes(rabbit.password));
    assert.match(printed.output, /Brokers:0:Password/);
  });
});
