// Memory has a budget: floods of bodies, of lists and of clients that do not read are survived in what a small container
// has. Measured is the peak of the service's resident memory, as Linux counts it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { it } from 'node:test';
import { redisServersIn, suite, temporaryDirectory } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const MiB = 1024 * 1024;
const container = 512; // MiB, of which Redis has its part
const quiet = { 'Debouncing:Interval': '00:30:00', 'Debouncing:MaxWait': '01:00:00' };

const peakOf = (pid) => Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** The peaks of the service and of its Redis so far; together they must fit the container. */
function expectSurvived(lull, what, most) {
  const own = peakOf(lull.child.pid);
  const redis = redisServersIn(lull.dataDirectory).reduce((sum, pid) => sum + peakOf(pid), 0);
  console.log(`  ${what}: peak ${own.toFixed(0)} MiB of the service, ${redis.toFixed(0)} MiB of its Redis`);
  assert.ok(own <= most, `${what}: ${own} MiB, more than ${most}`);
  assert.ok(own + redis <= container, `${what}: ${own + redis} MiB with Redis`);
}

/** How many replies of each status came of `calls` started at once. */
async function statusesOf(calls) {
  const seen = {};
  for (const { status } of await Promise.all(calls)) seen[status] = (seen[status] ?? 0) + 1;
  return seen;
}

/** Runs `count` loops of `call` at once, `rounds` times each. */
function loops(count, rounds, call) {
  return Promise.all(Array.from({ length: count }, async () => {
    for (let round = 0; round < rounds; ++round) await call();
  }));
}

suite('memory budget', () => {
  it('500 bodies of 1 MiB at once: what fits is taken, the rest comes back later', async () => {
    const lull = await startLull({ settings: quiet });
    await register(lull, 'http://127.0.0.1:9/');
    // 16 events that keep 64 KiB each: as much as a body can make Redis hold.
    const events = Array.from({ length: 16 }, (_, i) => assetChanged(i, { data: 'x'.repeat(65_000) }));
    const body = JSON.stringify(events);
    assert.ok(body.length > 0.98 * MiB && body.length < MiB, `${body.length}`);
    const seen = await statusesOf(Array.from({ length: 500 }, () => lull.post('/events', body, {}, { timeout: 60_000 })
      .catch(() => ({ status: 'cut off' }))));
    console.log(`  answers: ${JSON.stringify(seen)}`);
    assert.ok((seen[202] ?? 0) >= 50, 'the service goes on taking what fits');
    assert.deepEqual(Object.keys(seen).filter((status) => !['202', '503'].includes(status)), []);
    expectSurvived(lull, '500 bodies of 1 MiB', 470);
    expectStatus(await lull.post('/events', assetChanged(1)), 202);
  });

  it('40 loops over lists of 3,000 endpoints copy no registry', async () => {
    const lull = await startLull({ settings: quiet });
    let made = 0;
    const headers = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`X-Header-${i}`, 'x'.repeat(400)]));
    await loops(16, Math.ceil(3000 / 16), async () => {
      made += 1;
      await register(lull, 'http://127.0.0.1:9/', { name: `number ${made}`, headers });
    });
    for (const [path, rounds] of [['/endpoints?limit=1', 25], ['/endpoints?limit=500', 3], ['/stats', 3], ['/endpoints?health=failing', 2]]) {
      await loops(40, rounds, async () => expectStatus(await lull.get(path), 200));
      expectSurvived(lull, `40 loops of GET ${path}`, 220);
    }
  });

  it('400 clients that ask for large pages and do not read hold a bounded part of them', async () => {
    const lull = await startLull({ settings: quiet });
    await loops(16, 32, () => register(lull, `http://127.0.0.1:9/${'u'.repeat(1900)}`, { name: 'n'.repeat(200) }));
    const page = (await lull.get('/endpoints?limit=500')).text.length;
    assert.ok(page > MiB, `${page}`);
    const asking = Array.from({ length: 400 }, () => {
      const socket = connect(lull.port, '127.0.0.1').on('error', () => {});
      socket.pause();
      socket.write('GET /api/v1/endpoints?limit=500 HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return socket;
    });
    await waitFor('there is no room for one more page', async () => (await lull.get('/endpoints?limit=500')).status === 503, { timeout: 30_000 });
    expectStatus(await lull.post('/events', assetChanged(1)), 202);
    expectSurvived(lull, '400 slow readers', 320);
    for (const socket of asking) socket.destroy();
    await waitFor('pages are given out again', async () => (await lull.get('/endpoints?limit=500')).status === 200);
  });

  it('a full Redis answers 503, evicts nothing, and drains', async () => {
    const sink = await startSink();
    const dataDirectory = temporaryDirectory('data');
    const full = { 'Redis:MaxMemory': '8mb', 'Debouncing:Interval': '00:00:00' };
    const first = await startLull({ dataDirectory, settings: full });
    const paused = await register(first, `${sink.url}/full`, { enabled: false });
    let accepted = 0;
    let reply;
    do {
      reply = await first.post('/events', assetChanged(accepted, { data: 'x'.repeat(60_000) }));
      if (reply.status === 202) accepted += 1;
    } while (reply.status === 202 && accepted < 1000);
    expectProblem(reply, 503);
    assert.ok(Number(reply.headers['retry-after']) > 0);
    assert.ok(accepted > 10 && accepted < 200, `${accepted} of 60 kB fit into 8 MiB`);

    // A redis-server that a killed service left behind gets the present limit.
    await first.kill9();
    const lull = await startLull({ dataDirectory, settings: { ...full, 'Redis:MaxMemory': '64mb' } });
    assert.match(lull.output, /adopted/);
    await publish(lull, assetChanged(accepted, { data: 'x'.repeat(60_000) }));
    expectStatus(await lull.patch(`/endpoints/${paused.id}`, { enabled: true }), 200);
    await sink.received(accepted + 1, '/full');
    await lull.drained();
  });

  it('Limits:Endpoints ends registrations, not replays, and names itself', async () => {
    const lull = await startLull({ settings: { ...quiet, 'Limits:Endpoints': '3' } });
    const key = { 'Idempotency-Key': 'first' };
    const endpoint = { name: 'n', url: 'http://127.0.0.1:9/', changeTypes: 1 };
    const { id } = expectStatus(await lull.post('/endpoints', endpoint, key), 201);
    // More at once than there is room for: the store decides, not who asked last.
    const seen = await statusesOf(Array.from({ length: 8 }, () => lull.post('/endpoints', endpoint)));
    assert.deepEqual(seen, { 201: 2, 409: 6 });
    assert.match(expectProblem(await lull.post('/endpoints', endpoint), 409).detail, /Limits:Endpoints/);
    assert.equal(expectStatus(await lull.post('/endpoints', endpoint, key), 201).id, id);
    expectStatus(await lull.delete(`/endpoints/${id}`), 204);
    await register(lull, 'http://127.0.0.1:9/');
  });
});
