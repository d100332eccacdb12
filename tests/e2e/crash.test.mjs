// What was acknowledged survives kill -9, and SIGTERM repeats nothing.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { redisServersIn, suite, temporaryDirectory } from './support/cleanup.mjs';
import { runLull, spawnLull, startLull } from './support/lull.mjs';
import { freePort } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { gate, startSink } from './support/sink.mjs';
import { waitFor, within } from './support/wait.mjs';

suite('crash', () => {
  it('delivers after a kill -9 right behind the 202, on the adopted Redis', async () => {
    const sink = await startSink();
    const dataDirectory = temporaryDirectory('data');
    const first = await startLull({ dataDirectory, settings: { 'Debouncing:Interval': '00:00:02' } });
    const endpoint = await register(first, sink.url, { headers: { 'X-A': 'kept' } });
    const { secret } = (await first.get(`/endpoints/${endpoint.id}/secret`)).json;
    const { sequences } = await publish(first, [assetChanged(1), assetChanged(1), assetChanged(2)]);
    await first.kill9();
    const before = redisServersIn(dataDirectory);
    assert.equal(before.length, 1, 'the managed Redis lives on');
    assert.equal(sink.requests.length, 0);

    const second = await startLull({ dataDirectory });
    assert.deepEqual(redisServersIn(dataDirectory), before, 'it was adopted, not replaced');
    await sink.received(2);
    await second.drained();
    assert.equal(sink.requests.length, 2);
    assert.ok(sink.requests.some(({ headers }) => headers['lull-sequence'] === `${sequences[1]}` && headers['lull-event-count'] === '2'));
    assert.ok(sink.requests.every(({ headers }) => headers['x-a'] === 'kept'));
    assert.equal((await second.get(`/endpoints/${endpoint.id}/secret`)).json.secret, secret);
    assert.equal((await second.terminate()).code, 0);
    await waitFor('the managed Redis ends with its service', () => redisServersIn(dataDirectory).length === 0);
  });

  it('sends again at its start, with the same webhook-id, what was in flight when it was killed', async () => {
    const sink = await startSink((_, index) => ({ status: 200, hold: index === 0 ? new Promise(() => {}) : undefined }));
    const dataDirectory = temporaryDirectory('data');
    const longLease = { 'Delivery:Timeout': '00:01:00', 'Delivery:LeaseMargin': '00:01:00' };
    const first = await startLull({ dataDirectory, settings: longLease });
    await register(first, sink.url);
    await publish(first, assetChanged(1));
    await sink.received(1);
    await first.kill9();
    const second = await startLull({ dataDirectory, settings: longLease });
    await sink.received(2, undefined, 2_000);
    await second.drained();
    const [interrupted, repeated] = sink.requests;
    assert.equal(sink.requests.length, 2);
    assert.equal(repeated.headers['webhook-id'], interrupted.headers['webhook-id']);
    assert.equal(repeated.headers['lull-attempt'], '2');
  });

  it('restarts a managed Redis that dies, with everything that was acknowledged', async () => {
    const sink = await startSink();
    const lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:01' } });
    await register(lull, sink.url);
    await publish(lull, assetChanged(1));
    const [pid] = redisServersIn(lull.dataDirectory);
    process.kill(pid, 'SIGKILL');
    await waitFor('another redis-server', () => redisServersIn(lull.dataDirectory).some((other) => other !== pid));
    await sink.received(1);
    await lull.ready();
    await publish(lull, assetChanged(2));
    await sink.received(2);
  });

  it('refuses a data directory that a live Lull works in', async () => {
    const lull = await startLull();
    const other = await runLull({ settings: { 'Redis:DataDirectory': lull.dataDirectory, Urls: `http://127.0.0.1:${await freePort()}` } });
    assert.notEqual(other.code, 0);
    assert.ok(other.output.includes(lull.dataDirectory), other.output);
    assert.equal((await lull.outside('/healthz/ready')).status, 200);
  });
});

suite('stop', () => {
  it('ends on SIGTERM at once, with exit code 0, when nothing is in flight', async () => {
    const lull = await startLull();
    const { code, ms } = await lull.terminate();
    assert.equal(code, 0);
    assert.ok(ms < 3_000, `${ms} ms`);
  });

  it('keeps on SIGTERM what waits, and finishes what runs without ever repeating it', async () => {
    const hold = gate();
    const sink = await startSink((_, index) => ({ status: 200, hold: index === 0 ? hold.opened : undefined }));
    const dataDirectory = temporaryDirectory('data');
    const first = await startLull({ dataDirectory });
    await register(first, sink.url);
    await publish(first, assetChanged('runs'));
    await sink.received(1);
    await publish(first, assetChanged('waits'));
    const ended = first.terminate();
    await waitFor('intake is closed, by a 503 or by its port', () =>
      first.post('/events', assetChanged('late')).then(({ status }) => status === 503, () => true));
    hold.open();
    assert.equal((await ended).code, 0);
    assert.equal(sink.at().filter(({ body }) => body.includes('runs')).length, 1);
    const second = await startLull({ dataDirectory });
    await waitFor('the waiting one is delivered', () => sink.requests.some(({ body }) => body.includes('waits')));
    await second.drained();
    const ids = sink.requests.map(({ headers }) => headers['webhook-id']);
    assert.equal(new Set(ids).size, ids.length, 'nothing came twice');
  });

  it('ends at once on a second SIGTERM', async () => {
    const sink = await startSink(() => ({ status: 200, hold: new Promise(() => {}) }));
    const lull = await startLull({ settings: { 'Delivery:Timeout': '00:00:20' } });
    await register(lull, sink.url);
    await publish(lull, assetChanged(1));
    await sink.received(1);
    lull.child.kill('SIGTERM');
    await waitFor('the drain has begun', async () => {
      try {
        return (await lull.outside('/healthz/ready', { timeout: 1_000 })).status !== 200;
      } catch {
        return true;
      }
    });
    assert.equal(lull.ended, undefined, 'the first SIGTERM waits for what runs');
    lull.child.kill('SIGTERM');
    await within(2_000, 'the service ends', lull.exited);
  });

  it('ends while it still waits for its Redis', async () => {
    const lull = spawnLull({ settings: { Urls: `http://127.0.0.1:${await freePort()}`, 'Redis:DataDirectory': temporaryDirectory('data') } });
    lull.child.kill('SIGTERM');
    await within(5_000, 'the service ends', lull.exited);
  });
});
