// SIGTERM and its brothers: at once when nothing is in flight, within the deadline whatever hangs, and nothing that was
// answered is sent again.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { it } from 'node:test';
import { defer, redisServersIn, suite, temporaryDirectory } from './support/cleanup.mjs';
import { spawnLull, startLull } from './support/lull.mjs';
import { freePort, startRedis } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor, within } from './support/wait.mjs';

const HALVES = {
  'a body': 'POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  'a head': 'POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: appl',
};
const DEADLINE = { 'Shutdown:Deadline': '00:00:02', 'Delivery:Timeout': '00:00:02', 'Debouncing:Interval': '00:00:00' };
const IN_TIME = 3_000; // the deadline and a second
const never = new Promise(() => {});

async function hangingSink() {
  return startSink(() => ({ status: 200, hold: never }));
}

/** Connects and sends, and reads nothing of what comes back. */
async function askAndNeverRead(port, bytes) {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.pause(); // before it is connected: else it begins to read
  defer(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

suite('stop', () => {
  for (const [what, bytes] of Object.entries(HALVES)) {
    it(`ends at once with 0 while ${what} is half-sent`, async () => {
      const lull = await startLull();
      const socket = connect(lull.port, '127.0.0.1');
      defer(() => socket.destroy());
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(bytes);
      await publish(lull, assetChanged(1)); // a request of its own, so that the half has surely been read
      const { code, ms } = await lull.terminate();
      assert.equal(code, 0);
      assert.ok(ms < 3_000, `it took ${ms} ms`);
    });
  }

  for (const transport of ['', 'CppRest']) {
    it(`cuts off what hangs at its deadline, without a crash (${transport || 'the usual transport'})`, async () => {
      const sink = await hangingSink();
      const settings = { ...DEADLINE, 'Delivery:Timeout': '00:00:01', ...(transport && { 'Delivery:Transport': transport }) };
      const lull = await startLull({ settings });
      for (let i = 0; i < 4; i += 1) await register(lull, `${sink.url}/${i}`, { timeout: '00:01:00' });
      await publish(lull, Array.from({ length: 10 }, (_, i) => assetChanged(i + 1)));
      await sink.received(40);
      const { code, signal, ms } = await lull.terminate();
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, lull.output.slice(-1_000));
      assert.ok(ms < IN_TIME, `it took ${ms} ms`);
      assert.equal(lull.log.find((line) => line.message.includes('cut off'))?.attempts, 40);
    });
  }

  it('tells the next process what was cut off: it is sent again at its time, not after a lease', async () => {
    const sink = await hangingSink();
    const data = temporaryDirectory('data');
    const lull = await startLull({ dataDirectory: data, settings: DEADLINE });
    await register(lull, sink.url, { timeout: '00:01:00' });
    await publish(lull, assetChanged(1));
    await sink.received(1);
    await lull.terminate();
    sink.answer = () => ({ status: 200 });
    const next = await startLull({ dataDirectory: data, settings: DEADLINE });
    const [first, second] = await sink.received(2);
    assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
    await next.drained();
  });

  it('starts nothing and sends nothing again while a client that never reads holds on', async () => {
    // Each POST is answered after a moment, so that the queue lasts; the ledger is kept here.
    const sink = await startSink(() => ({ status: 200, hold: new Promise((done) => { setTimeout(done, 40); }) }));
    const data = temporaryDirectory('data');
    const settings = { ...DEADLINE, 'Delivery:MaxConcurrencyPerEndpoint': '4' };
    const lull = await startLull({ dataDirectory: data, settings });
    await register(lull, sink.url);
    const page = 'GET /swagger/v1/swagger.json HTTP/1.1\r\nHost: localhost\r\n\r\n';
    await askAndNeverRead(lull.port, page.repeat(400));
    await publish(lull, Array.from({ length: 600 }, (_, i) => assetChanged(i + 1)));
    await sink.received(20);
    const stopping = lull.terminate();
    const began = Date.now();
    const { code, ms } = await stopping;
    assert.equal(code, 0);
    assert.ok(ms < IN_TIME, `it took ${ms} ms`);
    // Attempts that had begun when the signal came may still arrive; another claim would bring more than those.
    const late = sink.requests.filter((request) => request.at > began + 150);
    assert.equal(late.length, 0, `${late.length} POSTs began after the stop`);
    const answered = new Set(sink.requests.map((request) => request.headers['webhook-id']));
    const before = sink.requests.length;
    assert.equal(answered.size, before);
    const next = await startLull({ dataDirectory: data, settings });
    await sink.received(600, undefined, 30_000);
    await next.drained();
    const ids = sink.requests.slice(before).map((request) => request.headers['webhook-id']);
    assert.deepEqual(ids.filter((id) => answered.has(id)), [], 'sent again although it was answered');
  });

  it('keeps its deadline when Redis does not answer, and answers the publisher who waits', async () => {
    const redis = await startRedis();
    const lull = await startLull({ redis, settings: DEADLINE });
    redis.freeze();
    defer(() => redis.thaw());
    const waiting = lull.post('/events', assetChanged(1));
    const other = lull.get('/endpoints');
    await waitFor('the outage is seen', async () => (await lull.outside('/healthz/ready')).status === 503);
    const { code, ms } = await lull.terminate();
    assert.equal(code, 0);
    assert.ok(ms < IN_TIME, `it took ${ms} ms`);
    assert.equal((await waiting).status, 503);
    assert.ok([200, 503].includes((await other).status));
  });

  for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGINT']) {
    it(`ends in order on ${signal}`, async () => {
      const lull = await startLull();
      lull.child.kill(signal);
      assert.deepEqual(await within(5_000, 'the end', lull.exited), { code: 0, signal: null });
      assert.ok(lull.log.some((line) => line.message === 'stopped'));
      assert.deepEqual(redisServersIn(lull.dataDirectory), []);
    });
  }

  it('ends at once on the second SIGTERM, and its redis-server with it', async () => {
    const sink = await hangingSink();
    const lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:00', 'Shutdown:Deadline': '00:00:25' } });
    await register(lull, sink.url, { timeout: '00:01:00' });
    await publish(lull, assetChanged(1));
    await sink.received(1);
    lull.child.kill('SIGTERM');
    await waitFor('it stops', () => lull.log.some((line) => line.message.startsWith('stopping')));
    lull.child.kill('SIGTERM');
    assert.equal((await within(2_000, 'the end', lull.exited)).code, 130);
    await waitFor('redis-server has ended', () => redisServersIn(lull.dataDirectory).length === 0);
  });

  it('a storm of signals at any moment of the start leaves no redis-server behind', async () => {
    for (let round = 0; round < 12; round += 1) {
      const data = temporaryDirectory('data');
      const lull = spawnLull({ settings: { Urls: `http://127.0.0.1:${await freePort()}`, 'Redis:DataDirectory': data } });
      // The rounds differ in how far the start has come: some before there is a redis-server, some after.
      const files = ['lull.lock', 'redis.lock', 'redis.log', 'redis.pid'];
      await waitFor('the start has come so far', () => existsSync(`${data}/${files[round % files.length]}`), { interval: 1 });
      for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGINT', 'SIGTERM', 'SIGTERM']) lull.child.kill(signal);
      const { code } = await within(5_000, 'the end', lull.exited);
      assert.ok([0, 130].includes(code), `round ${round} ended with ${code}: ${lull.output}`);
      await waitFor(`round ${round}: no redis-server is left`, () => redisServersIn(data).length === 0, { timeout: 5_000 });
    }
  });
});
