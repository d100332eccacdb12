// Sources of type RabbitMq: messages of a queue of a real RabbitMQ become events, each once, whatever ends in between.
import assert from 'node:assert/strict';
import { createServer, connect as reach } from 'node:net';
import { afterEach, before, beforeEach, it } from 'node:test';
import { defer, suite } from './support/cleanup.mjs';
import { expectStatus, expectTime } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { ownsPort } from './support/own_port.mjs';
import { drain, startRabbit } from './support/rabbitmq.mjs';
import { startRedis } from './support/redis.mjs';
import { all, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const quick = { 'Delivery:MaxConcurrencyPerEndpoint': '64', 'Logging:LogLevel:Default': 'Debug' };

/** A way to the broker on which what clients send can be held up; it is lost with its connection. */
async function startWay(port) {
  const way = { hold: false, held: 0 };
  const server = createServer((client) => {
    const broker = reach(port, '127.0.0.1');
    client.on('data', (bytes) => { if (way.hold) way.held += bytes.length; else broker.write(bytes); });
    broker.on('data', (bytes) => client.write(bytes));
    for (const [one, other] of [[client, broker], [broker, client]]) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  const clients = new Set();
  server.on('connection', (client) => { clients.add(client); client.on('close', () => clients.delete(client)); });
  way.open = () => new Promise((listening) => { server.listen(way.port ?? 0, '127.0.0.1', listening); });
  way.close = () => {
    server.close();
    for (const client of clients) client.destroy();
  };
  await way.open();
  defer(way.close);
  way.port = server.address().port;
  way.clients = () => [...clients].map(({ remotePort }) => remotePort);
  return way;
}

suite('RabbitMQ as a source', () => {
  let rabbit;
  let redis;
  let sink;
  let way;
  let channel; // an independent client
  let items = 0;
  let started = [];
  before(async () => {
    [rabbit, redis, sink] = await Promise.all([startRabbit(), startRedis({ options: { appendfsync: 'always' } }), startSink()]);
    way = await startWay(rabbit.port);
    await connect();
    await channel.assertExchange('refused', 'fanout', { durable: true });
    for (const queue of ['no-events', 'dead']) await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue('no-events', 'refused', '');
    await channel.assertQueue('changes', { durable: true });
    await channel.assertQueue('own', { durable: true, deadLetterExchange: '', deadLetterRoutingKey: 'dead' });
  });
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    for (const queue of ['changes', 'own', 'dead', 'no-events']) await channel.purgeQueue(queue);
    sink.requests.length = 0;
    way.hold = false;
  });
  afterEach(async () => {
    await Promise.all(started.filter(({ ended }) => !ended).map((lull) => lull.kill9())); // of a test that failed
    started = [];
  });

  async function connect() {
    const confirming = await rabbit.client();
    channel = confirming;
  }
  const source = (more = {}) => ({
    ...Object.fromEntries(Object.entries(rabbit.settings()).filter(([key]) => key.startsWith('Brokers:0:'))),
    'Brokers:0:Url': `amqp:127.0.0.1 port:${way.port} vh:${rabbit.virtualHost}`,
    'Sources:0:Name': 'crm',
    'Sources:0:Type': 'RabbitMq',
    'Sources:0:Broker': 'fs',
    'Sources:0:Queue': 'changes',
    ...quick,
    ...more,
  });
  /** A service with the source, and an endpoint that is told of every event of it. */
  async function start(settings = {}) {
    const lull = await startLull({ redis, settings: source(settings) });
    started.push(lull);
    const known = await all(lull, '/endpoints');
    if (known.length === 0) await register(lull, sink.url, { changeTypes: 1, delivery: 'every', order: 'none' });
    return lull;
  }
  const send = (queue, body, properties = {}) => channel.sendToQueue(queue, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), { persistent: true, ...properties });
  const event = (itemId) => ({ type: 'AssetCreated', itemId, baseId: 12 });
  /** Sends so many events, for items nobody else has, and returns the first. */
  function write(count) {
    const first = items + 1;
    for (let i = 0; i < count; ++i) send('changes', event(++items), { messageId: `m-${items}`, contentType: 'application/json' });
    return first;
  }
  const status = async (lull, name = 'crm') => expectStatus(await lull.get('/sources'), 200).items.find((one) => one.name === name);
  const statusWhen = (lull, what, test, options) => waitFor(`the source ${what}`, async () => {
    const seen = await status(lull);
    return test(seen) ? seen : undefined;
  }, options);
  const waits = (lull, options) => statusWhen(lull, 'waits', ({ state, lastRunAt }) => lastRunAt && state === 'waiting', options);
  const idOf = ({ body }) => JSON.parse(body).Data.ItemId;
  /** The items that the sink was told of, in the order of the events' sequences, each sequence once. */
  function told() {
    const bySequence = new Map(sink.requests.map((request) => [Number(request.headers['lull-sequence']), idOf(request)]));
    return [...bySequence].sort(([one], [other]) => one - other).map(([, id]) => id);
  }
  const range = (first, count) => Array.from({ length: count }, (_, index) => first + index);
  const toldAll = (count, timeout = 20_000) => waitFor(`${count} events are told`, () => told().length >= count, { timeout });
  const accepted = async () => Number(await redis.command('HGET', '{lull:00}:counters', 'accepted'));
  const countOf = async (queue) => (await channel.checkQueue(queue)).messageCount;
  const alertOf = (lull, test) => waitFor('an alert', async () => (await all(lull, '/alerts')).find(({ kind, sentence }) => kind === 'source' && test.test(sentence)));

  it('admits events and CloudEvents in their order, and each message id once', async () => {
    const lull = await start();
    await waits(lull);
    send('changes', { type: 'AssetMetadataUpdated', itemId: 7, baseId: 8, data: { title: 'Æøå 🎓' } }, { messageId: 'a' });
    send('changes', { specversion: '1.0', id: 'e-1', source: '/crm', type: 'AssetCreated', subject: '4711', data: { baseId: 'B1' } }, { messageId: 'b', contentType: 'application/cloudevents+json' });
    send('changes', { specversion: '1.0', id: 'e-2', source: '/crm', type: 'AssetCreated', subject: 'invoices/7' }); // no type, no message id
    send('changes', { type: 'AssetMetadataUpdated', itemId: 7, baseId: 8 }, { messageId: 'a' });
    send('changes', { specversion: '1.0', id: 'e-2', source: '/crm', type: 'AssetCreated', subject: 'invoices/7' });
    send('changes', { specversion: '1.0', id: 'e-1', source: '/crm', type: 'AssetCreated', subject: '4711' }, { messageId: 'c', contentType: 'application/cloudevents+json; charset=utf-8' });
    for (let i = 0; i < 500; ++i) send('changes', event(1000 + i), { messageId: `n-${i}`, timestamp: Math.floor(Date.now() / 1000) });
    await toldAll(504);
    const seen = await statusWhen(lull, 'has admitted all', ({ admitted, state }) => admitted === 506 && state === 'waiting');
    assert.deepEqual(told(), [7, 4711, 'invoices/7', 4711, ...range(1000, 500)]);
    const dataOf = (id) => JSON.parse(sink.requests.find((one) => idOf(one) === id).body).Data;
    assert.deepEqual(dataOf('invoices/7'), { ItemId: 'invoices/7', BaseId: 'invoices/7' });
    assert.deepEqual(dataOf(4711), { ItemId: 4711, BaseId: 'B1' });
    assert.equal(await accepted(), 504);
    expectTime(seen.lastRunAt);
    assert.deepEqual({ ...seen, lastRunAt: '' }, { name: 'crm', type: 'RabbitMq', state: 'waiting', lastRunAt: '', lastError: null, admitted: 506, lag: '00:00:00' });
    assert.equal(await countOf('changes'), 0);
    await lull.terminate();
  });

  it('sets aside what is no event, with the reason, and goes on with the others', async () => {
    const lull = await start({ 'Sources:0:DeadLetterExchange': 'refused', 'Sources:1:Name': 'erp', 'Sources:1:Type': 'RabbitMq', 'Sources:1:Broker': 'fs', 'Sources:1:Queue': 'own' });
    const wrong = [
      ['{"type": "AssetInvented", "itemId": 1, "baseId": 1}', {}, /^\/type: There is no event type 'AssetInvented'/],
      [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]).toString('latin1'), {}, /UTF-8|JSON/],
      ['[{"type": "AssetCreated", "itemId": 1, "baseId": 1}]', {}, /An event is a JSON object/],
      ['', {}, /JSON/],
      [`{"type": "AssetCreated", "itemId": 1, "baseId": 1, "data": ${'['.repeat(100)}${']'.repeat(100)}}`, {}, /level|deep|nest/i],
      ['{"type": "AssetCreated", "itemId": 1, "baseId": 1}', { contentType: 'text/xml' }, /^Its content type is text\/xml/],
      ['{"type": "AssetCreated", "itemId": 1, "baseId": 1}', { contentEncoding: 'gzip' }, /^Its content encoding is gzip/],
    ];
    for (const queue of ['changes', 'own']) {
      send(queue, event(1), { messageId: `${queue}-first` });
      for (const [index, [body, properties]] of wrong.entries()) {
        const bytes = index === 1 ? Buffer.from(body, 'latin1') : Buffer.from(body);
        channel.sendToQueue(queue, bytes, { messageId: `w-${index}`, correlationId: 'c', expiration: '3600000', headers: { tenant: 'AA', 'Lull-Reason': 'an older one' }, ...properties });
      }
      send(queue, event(2), { messageId: `${queue}-last` });
    }
    await toldAll(4);
    assert.deepEqual([...told()].sort(), [1, 1, 2, 2]);
    await waitFor('all are set aside', async () => await countOf('no-events') === wrong.length && await countOf('dead') === wrong.length);
    for (const [index, message] of (await drain(channel, 'no-events')).entries()) {
      const [body, properties, reason] = wrong[index];
      assert.equal(message.content.toString('latin1'), index === 1 ? body : Buffer.from(body).toString('latin1'));
      assert.match(message.properties.headers['Lull-Reason'], reason);
      assert.equal(message.properties.headers.tenant, 'AA');
      assert.equal(message.properties.messageId, `w-${index}`);
      assert.equal(message.properties.correlationId, 'c');
      assert.equal(message.properties.contentType, properties.contentType);
      assert.equal(message.properties.deliveryMode, 2);
      assert.equal(message.properties.expiration, undefined);
      assert.equal(message.fields.routingKey, 'changes');
    }
    for (const [index, message] of (await drain(channel, 'dead')).entries()) {
      assert.equal(message.properties.messageId, `w-${index}`);
      assert.equal(message.properties.headers['x-death'][0].reason, 'rejected');
    }
    for (const queue of ['changes', 'own']) assert.equal(await countOf(queue), 0);
    const lines = await waitFor('a line for each', () => {
      const those = lull.log.filter(({ message }) => message === 'a message is no event, and was set aside');
      return those.length === 2 * wrong.length && those;
    });
    for (const [index, [, , reason]] of wrong.entries()) {
      const of = lines.filter(({ messageId }) => messageId === `w-${index}`);
      assert.deepEqual(of.map(({ source: name }) => name).sort(), ['crm', 'erp']);
      for (const line of of) assert.match(line.reason, reason);
    }
    const alerts = (await all(lull, '/alerts')).filter(({ kind }) => kind === 'source');
    assert.match(alerts.find(({ subject }) => subject === 'crm').sentence, /is no event, and was set aside: .* header Lull-Reason\.$/);
    assert.match(alerts.find(({ subject }) => subject === 'erp').sentence, /It was rejected: it is where its queue dead-letters to/);
    for (const name of ['crm', 'erp']) {
      await waitFor('both are counted', async () => expectStatus(await lull.get('/stats'), 200).sources.find((one) => one.name === name).setAside === wrong.length);
      assert.equal((await lull.metrics()).value('lull_fleet_source_set_aside_total', { source: name }), wrong.length);
    }
    await lull.terminate();
  });

  it('keeps what it cannot set aside, says so, and goes on once it can', async () => {
    const lull = await start({ 'Sources:0:DeadLetterExchange': 'later' });
    send('changes', event(1), { messageId: 'k-1' });
    send('changes', '{}', { messageId: 'k-2', headers: { tenant: 'AA' } });
    send('changes', event(3), { messageId: 'k-3' });
    send('changes', '{}', { messageId: 'k-4' });
    const missing = await statusWhen(lull, 'fails', ({ state }) => state === 'failing');
    assert.match(missing.lastError, /^The dead-letter exchange later of the broker fs takes no messages \(404 NOT_FOUND - no exchange 'later'/);
    await channel.assertExchange('later', 'headers', { durable: false });
    expectStatus(await lull.post('/sources/crm/run'), 202);
    await statusWhen(lull, 'finds no queue there', ({ lastError }) => /has no queue bound for the routing key changes \(312 NO_ROUTE\)/.test(lastError ?? ''));
    await channel.assertQueue('late', { durable: false });
    await channel.bindQueue('late', 'later', '', { 'x-match': 'all', tenant: 'AA' });
    expectStatus(await lull.post('/sources/crm/run'), 202);
    // The one that has a place is not kept by the one of the same routing key that has none, nor is anything else.
    await waitFor('one is there', async () => await countOf('late') > 0);
    send('changes', event(5), { messageId: 'k-5' });
    await toldAll(3);
    assert.deepEqual(told(), [1, 3, 5]);
    await statusWhen(lull, 'still says so', ({ state, lastError, admitted }) => admitted === 3 && state === 'failing' && /NO_ROUTE/.test(lastError));
    await channel.assertQueue('later too', { durable: false });
    await channel.bindQueue('later too', 'later', '', { 'x-match': 'all' });
    expectStatus(await lull.post('/sources/crm/run'), 202);
    await waits(lull);
    assert.equal(await accepted(), 3);
    assert.deepEqual((await drain(channel, 'late')).map(({ properties }) => properties.messageId), ['k-2']);
    assert.deepEqual((await drain(channel, 'later too')).map(({ properties }) => properties.messageId), ['k-4']);
    await lull.terminate();
  });

  it('a kill -9 between commit and acknowledgement repeats no event and loses none', async (t) => {
    const first = items + 1;
    const written = () => items - first + 1;
    let between = 0;
    for (const size of [600, 900, 600, 900]) {
      const lull = await start();
      await waitFor('it has admitted all, and consumes', async () => (await accepted() || 0) === written() && (await channel.checkQueue('changes')).consumerCount === 1);
      const was = written();
      way.hold = size === 600; // then no acknowledgement arrives any more
      write(size);
      await waitFor('it admits', async () => await accepted() > was, { interval: 1 });
      await lull.kill9();
      await redis.command('HDEL', '{lull:00}:sources', 'crm|lease'); // it ends by itself, two seconds later
      if (!way.hold) continue;
      way.hold = false;
      await waitFor('the broker has taken back all', async () => {
        const { messageCount, consumerCount } = await channel.checkQueue('changes');
        return consumerCount === 0 && messageCount >= size;
      });
      between += await accepted() - was;
    }
    const lull = await start();
    const count = items - first + 1;
    assert.equal(count, 3000);
    await toldAll(count, 40_000);
    await waits(lull);
    t.diagnostic(`${count} messages, 4 kills; ${between} events were committed and their messages not acknowledged`);
    assert.ok(between > 0, 'no kill came at the right moment');
    assert.equal(await accepted(), count);
    assert.deepEqual(told(), range(first, count));
    assert.equal(await countOf('changes'), 0);
    await lull.terminate();
  });

  it('a stop acknowledges what is admitted, and leaves the rest', async (t) => {
    const lull = await start();
    await waits(lull);
    const first = write(3000);
    await waitFor('it admits', async () => await accepted() > 0, { interval: 1 });
    const { code } = await lull.terminate();
    assert.equal(code, 0);
    const admitted = await accepted();
    await waitFor('the broker has the others, and none that is admitted', async () => await countOf('changes') === 3000 - admitted);
    t.diagnostic(`stopped after ${admitted} of 3000`);
    const next = await start();
    await toldAll(3000);
    assert.deepEqual(told(), range(first, 3000));
    await next.terminate();
  });

  it('nothing is acknowledged while Redis is away', async () => {
    const lull = await start();
    await waits(lull);
    await redis.kill();
    const first = write(10);
    await waitFor('Lull sees that', async () => (await lull.outside('/healthz/ready')).status === 503);
    await waitFor('the connection has ended with the lease, and the broker has all', async () => {
      const { messageCount, consumerCount } = await channel.checkQueue('changes');
      return messageCount === 10 && consumerCount === 0;
    });
    await redis.start();
    await toldAll(10);
    assert.deepEqual(told(), range(first, 10));
    await waits(lull);
    await lull.terminate();
  });

  it('of two replicas one consumes, and the other goes on when that is killed', async () => {
    const running = [await start(), await start()];
    let first = write(300);
    await toldAll(300);
    assert.deepEqual(told(), range(first, 300));
    assert.equal((await channel.checkQueue('changes')).consumerCount, 1);
    const active = running.find(({ child }) => way.clients().some((port) => ownsPort(child.pid, port, way.port)));
    assert.ok(active, 'one has the connection');
    await active.kill9();
    await redis.command('HDEL', '{lull:00}:sources', 'crm|lease'); // it ends by itself, two seconds later
    first = write(100);
    await toldAll(400);
    assert.deepEqual(told().slice(300), range(first, 100));
    assert.equal((await channel.checkQueue('changes')).consumerCount, 1);
    await running.find((lull) => lull !== active).terminate();
    await waitFor('a stop ends the consumption', async () => (await channel.checkQueue('changes')).consumerCount === 0);
  });

  it('a queue that is missing is a sentence that says what to do, also when it is deleted later', async () => {
    const lull = await start({ 'Sources:0:Queue': 'forgotten' });
    const missing = await statusWhen(lull, 'fails', ({ state }) => state === 'failing');
    assert.equal(missing.lastError, "The broker fs has no such queue as forgotten (404 NOT_FOUND - no queue 'forgotten' in vhost '/no/uio/fs'): "
      + 'declare it there, or correct Queue and the virtual host in the settings.');
    await channel.assertQueue('forgotten');
    expectStatus(await lull.post('/sources/crm/run'), 202);
    await waits(lull);
    await channel.deleteQueue('forgotten');
    await statusWhen(lull, 'fails again', ({ lastError }) => /has ended the consumption of the queue forgotten|has no such queue as forgotten/.test(lastError ?? ''));
    await lull.terminate();
  });

  it('a broker that is not there is an alert, and is found again by itself; the password is nowhere', async () => {
    const lull = await start();
    await waits(lull);
    way.close(); // its kill -9 is a matter of rabbit.test.mjs: to Lull they are the same
    const failing = await statusWhen(lull, 'fails', ({ state }) => state === 'failing');
    assert.match(failing.lastError, /^The broker fs is away/);
    assert.equal(failing.lag, null, 'nobody knows what waits');
    await alertOf(lull, /^The broker fs is away/);
    await waitFor('readiness says so, and is ready', async () => {
      const { status: code, json } = await lull.outside('/healthz/ready');
      return code === 200 && json.sources[0].name === 'crm' && json.sources[0].state === 'failing';
    });
    await way.open();
    const first = write(20);
    await toldAll(20, 40_000);
    assert.deepEqual(told(), range(first, 20));
    await statusWhen(lull, 'is well', ({ state, lastError }) => state === 'waiting' && lastError === null);
    const shown = await Promise.all(['/sources', '/settings', '/alerts', '/stats'].map(async (path) => (await lull.get(path)).text));
    await lull.terminate();
    for (const text of [...shown, ...started.map(({ output }) => output)]) assert.ok(!text.includes(rabbit.password));
  });
});
