// The story of one item, from its window to its dead letter; and who is asking.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('the story of an item', () => {
  const story = async (lull, item, changeType = 1) => expectStatus(await lull.get(`/items/${changeType}/${encodeURIComponent(item)}`), 200);

  it('is told from the window over the attempt in flight to what was delivered, and has slashes in its id', async () => {
    let answer;
    const held = new Promise((resolve) => { answer = resolve; });
    const sink = await startSink(() => ({ status: 200, hold: held }));
    const lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:01' } });
    const { id } = await register(lull, sink.url);
    const item = 'films/2024/Zürich 1%.mov';
    assert.deepEqual(await story(lull, item), { window: null, endpoints: [] });

    const first = await publish(lull, assetChanged(item));
    const open = await story(lull, item);
    assert.equal(open.window.itemId, item);
    assert.equal(open.window.events, 1);
    assert.deepEqual(open.endpoints, []);

    await waitFor('an attempt', () => sink.requests.length === 1);
    const flying = await story(lull, item);
    assert.equal(flying.window, null);
    assert.equal(flying.endpoints[0].endpointId, id);
    assert.equal(flying.endpoints[0].inFlight.state, 'inFlight');
    assert.equal(flying.endpoints[0].inFlight.sequence, first.sequences[0]);
    assert.equal(flying.endpoints[0].waiting, null);

    answer();
    const done = await waitFor('it is delivered', async () => {
      const { endpoints } = await story(lull, item);
      return endpoints[0].lastDelivered && !endpoints[0].inFlight ? endpoints[0] : undefined;
    });
    assert.equal(done.lastDelivered.sequence, first.sequences[0]);
    assert.equal(done.deadLetter, null);
    assert.deepEqual(await story(lull, item, 2), { window: null, endpoints: [] }, 'of another change type');
  });

  it('shows the dead letter as the list of dead letters does', async () => {
    const sink = await startSink(() => ({ status: 400 }));
    const lull = await startLull();
    await register(lull, sink.url);
    await publish(lull, assetChanged(3));
    const [letter] = await deadLettersWhen(lull, 1);
    const { endpoints } = await story(lull, '3');
    assert.deepEqual(endpoints[0].deadLetter, letter);
    assert.equal(endpoints[0].waiting, null);
  });

  it('refuses what is no change type, no path, and a query', async () => {
    const lull = await startLull();
    for (const path of ['/items/3/1', '/items/x/1', '/items/0/1', '/items/2147483648/1', '/items/1/1?limit=3']) {
      assert.equal((await lull.get(path)).status, 400, path);
    }
    for (const path of ['/items/1', '/items/1/', '/items//1', '/items/1/a/b', `/items/1/${'x'.repeat(201)}`, '/items/1/%ff']) {
      assert.equal((await lull.get(path)).status, 404, path);
    }
    assert.equal((await lull.post('/items/1/1', {})).status, 405);
    assert.deepEqual(expectStatus(await lull.get('/me'), 200).principal, 'anonymous');
  });
});
