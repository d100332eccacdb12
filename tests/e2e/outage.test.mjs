// Redis goes away: nothing is promised that is not known to be kept, and everything comes back by itself.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const outages = {
  'is killed': { begin: (redis) => redis.kill(), end: (redis) => redis.start() },
  'hangs': { begin: (redis) => redis.freeze(), end: (redis) => redis.thaw() },
};

suite('outage', () => {
  for (const [what, { begin, end }] of Object.entries(outages)) {
    it(`while Redis ${what}: 503 and never 202, not ready but live; afterwards all is delivered`, async () => {
      const sink = await startSink();
      const redis = await startRedis({ options: { appendfsync: 'always' } });
      const lull = await startLull({ redis, settings: { 'Debouncing:Interval': '00:00:01' } });
      await register(lull, sink.url);
      const acknowledged = new Set();
      for (let item = 0; item < 20; item += 1) {
        await publish(lull, assetChanged(item));
        acknowledged.add(item);
      }
      await begin(redis);
      const began = Date.now();
      const posts = Array.from({ length: 5 }, async (_, index) => {
        const reply = await lull.post('/events', assetChanged(`unknown-${index}`), {}, { timeout: 11_000 });
        expectProblem(reply, 503);
        assert.match(reply.headers['retry-after'] ?? '', /^\d+$/);
        assert.ok(Date.now() - began < 10_000, `answered after ${Date.now() - began} ms`);
      });
      await waitFor('not ready', async () => (await lull.outside('/healthz/ready')).status === 503, { timeout: 5_000 });
      assert.equal((await lull.outside('/healthz/live')).status, 200);
      await Promise.all(posts);
      expectProblem(await lull.get('/endpoints'), 503);
      expectProblem(await lull.post('/endpoints', { name: 'x', url: sink.url, changeTypes: 1 }), 503);
      await end(redis);
      await waitFor('ready again', async () => (await lull.outside('/healthz/ready')).status === 200, { timeout: 8_000 });
      assert.equal((await lull.outside('/healthz/live')).status, 200);
      await publish(lull, assetChanged('after'));
      acknowledged.add('after');
      await lull.drained(20_000);
      const told = new Set(sink.requests.map(({ body }) => JSON.parse(body).Data.ItemId));
      for (const item of acknowledged) assert.ok(told.has(item), `item ${item} is missing`);
      assert.equal((await lull.terminate()).code, 0);
    });
  }

  it('a Redis that refuses writes gets no 202, and drains when it takes them again', async () => {
    const sink = await startSink();
    const redis = await startRedis();
    const lull = await startLull({ redis });
    await register(lull, sink.url);
    await publish(lull, assetChanged(1));
    await sink.received(1);
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '3');
    expectProblem(await lull.post('/events', assetChanged(2)), 503);
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await waitFor('writes are taken', async () => (await lull.post('/events', assetChanged(3))).status === 202);
    await lull.drained();
    assert.ok(sink.requests.some(({ body }) => JSON.parse(body).Data.ItemId === 3));
  });

  it('a full Redis gets no 202, and what it holds is still delivered', async () => {
    const sink = await startSink();
    const redis = await startRedis();
    const lull = await startLull({ redis, settings: { 'Debouncing:Interval': '00:00:02' } });
    await register(lull, sink.url);
    await publish(lull, Array.from({ length: 50 }, (_, item) => assetChanged(item)));
    await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
    expectProblem(await lull.post('/events', assetChanged('full')), 503);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await sink.received(50);
    await lull.drained();
    assert.equal(expectStatus(await lull.post('/events', assetChanged('more')), 202).accepted, 1);
  });

  it('forgotten scripts are loaded again', async () => {
    const sink = await startSink();
    const redis = await startRedis();
    const lull = await startLull({ redis });
    await register(lull, sink.url);
    for (let item = 1; item <= 3; item += 1) {
      await redis.command('SCRIPT', 'FLUSH');
      await publish(lull, assetChanged(item));
      await redis.command('SCRIPT', 'FLUSH');
      await sink.received(item);
    }
    await lull.drained();
    assert.equal(sink.requests.length, 3);
  });
});
