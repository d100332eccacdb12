// Connections of strangers that do nothing take no descriptor and no thread from those who work.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { it } from 'node:test';
import { defer, suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, endpoint, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { watch } from './support/watch.mjs';
import { waitFor } from './support/wait.mjs';

const mostWait = 1_000; // ms

suite('strangers that are idle', () => {
  it('6,000 connections under 1,024 descriptors: probes, events and deliveries go on', async () => {
    const lull = await startLull({ through: ['prlimit', '--nofile=1024:1024'], settings: { 'Debouncing:Interval': '00:00:00' } });
    const sink = await startSink();
    const { id } = await register(lull, sink.url);
    const watching = watch(lull);
    let closed = 0;
    for (let i = 0; i < 6_000; i += 1) {
      const socket = connect(lull.port, '127.0.0.1').on('error', () => {}).on('close', () => { closed += 1; });
      defer(() => socket.destroy());
      if (i % 200 === 199) await new Promise((resolve) => { socket.once('connect', resolve).once('close', resolve); });
    }
    await waitFor('most of them had to go', () => closed > 5_000, { timeout: 20_000 });
    const before = sink.requests.length;
    await publish(lull, Array.from({ length: 300 }, (_, item) => assetChanged(`late-${item}`)));
    await sink.received(before + 300);
    const { live, publish: published, failures } = await watching.stop();
    assert.deepEqual(failures, []);
    assert.ok(live < mostWait && published < mostWait, `others waited: ${live} ms, ${published} ms`);
    assert.equal((await endpoint(lull, id)).health, 'healthy');
  });

  it('60 test sends to a receiver that says nothing are 4 at once, and nobody else waits', async () => {
    const lull = await startLull();
    const silent = await startSink(() => ({ status: 200, hold: new Promise(() => {}) }));
    const { id } = await register(lull, silent.url, { timeout: '00:02:00', enabled: false });
    const watching = watch(lull);
    const replies = Array.from({ length: 60 }, () => lull.post(`/endpoints/${id}/test`, undefined, {}, { timeout: 30_000 }));
    const statuses = (await Promise.all(replies)).map(({ status }) => status).sort();
    assert.deepEqual(statuses, [...Array(4).fill(200), ...Array(56).fill(429)]);
    assert.equal(silent.mostOpen, 4);
    const { live, publish: published, failures } = await watching.stop();
    assert.deepEqual(failures, []);
    assert.ok(live < mostWait && published < mostWait, `others waited: ${live} ms, ${published} ms`);
  });
});
