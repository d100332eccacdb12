// Lull in a network with ten local ports: what cannot connect for want of one waits, and no attempt is charged for it.
// Run by `./dev prove short_of_ports`, which makes that network.
import assert from 'node:assert/strict';
import { it } from 'node:test';

import { suite } from '../e2e/support/cleanup.mjs';
import { startLull } from '../e2e/support/lull.mjs';
import { all, assetChanged, endpoint, publish, register } from '../e2e/support/scenario.mjs';
import { gate, startSink } from '../e2e/support/sink.mjs';
import { waitFor } from '../e2e/support/wait.mjs';

const kItems = 40;

suite('short_of_ports', () => {
  it('releases what finds no port, uncharged, and delivers it when there is one', { timeout: 120_000 }, async () => {
    const held = gate();
    const sink = await startSink(() => ({ status: 200, hold: held.opened }));
    const lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:00', 'Delivery:Timeout': '00:00:30' } });
    const { id } = await register(lull, sink.url, { maxConcurrency: 16 });
    await publish(lull, Array.from({ length: kItems }, (_, i) => assetChanged(i + 1)));
    const released = () => lull.metrics().then((all) => all.value('lull_attempts_total', { outcome: 'released' }) ?? 0);
    await waitFor('something is released', async () => (await released()) > 0, { timeout: 20_000 });
    const { health, consecutiveFailures } = await endpoint(lull, id);
    const items = await all(lull, `/endpoints/${id}/queue`);
    const open = sink.open;
    held.open();
    await lull.drained(60_000);
    const attempts = sink.requests.map(({ headers }) => headers['lull-attempt']);
    console.log(`${open} requests held the ports; ${await released()} attempts released; health ${health}, ${consecutiveFailures} failures; ` +
      `${sink.requests.length} delivered, attempts of each: ${[...new Set(attempts)]}`);
    assert.ok(open < 16, 'the ports ran out');
    assert.ok(items.every(({ lastError }) => !lastError), 'no failure is told of a message that was released');
    assert.equal(health, 'healthy');
    assert.equal(consecutiveFailures, 0);
    assert.equal(sink.requests.length, kItems);
    assert.deepEqual([...new Set(attempts)], ['1']);
  });
});
