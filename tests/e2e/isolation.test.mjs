// A healthy endpoint beside one that fails, one that never answers, and one with a long queue: it is not late.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, endpointWhen, publish, register } from './support/scenario.mjs';
import { gate, startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const ASSETS = 1;
const METAFIELDS = 2;
const metafieldChanged = (itemId) => ({ type: 'MetafieldCreated', itemId, baseId: 1 });
const start = (settings) => startLull({ settings: { 'Debouncing:Interval': '00:00:00', ...settings } });

suite('isolation', () => {
  it('an endpoint that answers 500 makes the one beside it no later', async () => {
    const lull = await start({ 'Delivery:Retry:Schedule': Array(20).fill('00:00:00.100').join(',') });
    const broken = await startSink(() => ({ status: 500 }));
    const healthy = await startSink();
    await register(lull, broken.url);
    await register(lull, healthy.url);
    const lags = [];
    for (let item = 0; item < 50; item += 1) {
      const sent = Date.now();
      await publish(lull, assetChanged(item));
      lags.push((await healthy.received(item + 1))[item].at - sent);
    }
    lags.sort((a, b) => a - b);
    assert.ok(broken.requests.length > 0);
    assert.ok(lags[25] < 250, `half of them came later than ${lags[25]} ms`);
    assert.equal(healthy.requests.length, 50);
  });

  it('attempts that hang for more than a second give their shared slots to others', async () => {
    const lull = await start({ 'Delivery:MaxConcurrency': '4', 'Delivery:Timeout': '00:01:00' });
    const hold = gate();
    const blackhole = await startSink(() => ({ status: 200, hold: hold.opened }));
    const healthy = await startSink();
    await register(lull, blackhole.url, { changeTypes: ASSETS, maxConcurrency: 12 });
    await register(lull, healthy.url, { changeTypes: METAFIELDS });
    await publish(lull, Array.from({ length: 30 }, (_, item) => assetChanged(item)));
    // Three times as many as there are shared slots, up to the endpoint's own limit, and none of them answered.
    await waitFor('the endpoint has used up its own limit', () => blackhole.open === 12);
    await publish(lull, metafieldChanged('when the last of them is a second old'));
    await healthy.received(1);
    const lags = [];
    for (let item = 1; item <= 20; item += 1) {
      const sent = Date.now();
      await publish(lull, metafieldChanged(item));
      lags.push((await healthy.received(item + 1))[item].at - sent);
    }
    lags.sort((a, b) => a - b);
    assert.ok(lags[10] < 250, `half of them came later than ${lags[10]} ms`);
    assert.equal(blackhole.open, 12);
    hold.open();
    await lull.drained();
    assert.equal(blackhole.mostOpen, 12);
  });

  it('an endpoint with a long queue lets others have their turn', async () => {
    const lull = await start({ 'Delivery:MaxConcurrency': '2' });
    const slow = await startSink(() => ({ status: 200, hold: new Promise((resolve) => { setTimeout(resolve, 20); }) }));
    const healthy = await startSink();
    const { id } = await register(lull, slow.url, { changeTypes: ASSETS, enabled: false });
    await register(lull, healthy.url, { changeTypes: METAFIELDS });
    const backlog = 500;
    await publish(lull, Array.from({ length: backlog }, (_, item) => assetChanged(item)));
    await endpointWhen(lull, id, 'all wait', ({ queueDepth }) => queueDepth === backlog);
    await lull.patch(`/endpoints/${id}`, { enabled: true });
    await slow.received(10);
    for (let item = 0; item < 5; item += 1) {
      const before = slow.requests.length;
      await publish(lull, metafieldChanged(item));
      const [{ at }] = (await healthy.received(item + 1)).slice(-1);
      const ahead = slow.requests.slice(before).filter((request) => request.at < at).length;
      assert.ok(ahead <= 50, `${ahead} of the long queue went first`);
    }
    assert.ok(slow.requests.length < backlog, 'the long queue was empty before the test was over');
    await lull.drained(30_000);
    assert.equal(slow.requests.length, backlog);
  });
});
