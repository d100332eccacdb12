// Windows: how long they stay open, what can be seen of them, and which event wins.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { bodyOf, expectProblem, expectStatus, expectTime } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('debounce: time', () => {
  let sink;
  before(async () => { sink = await startSink(); });

  it('waits for the interval after the last event, and no longer than MaxWait after the first', async () => {
    const interval = 500;
    const maxWait = 1500;
    const lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:00.500', 'Debouncing:MaxWait': '00:00:01.500' } });
    await register(lull, `${sink.url}/paced`);
    // One item rests after three events; the other never does.
    const began = Date.now();
    await publish(lull, [assetChanged('rests'), assetChanged('rests')]);
    await publish(lull, assetChanged('rests'));
    const rested = Date.now();
    const told = (item) => sink.at('/paced').filter(({ body }) => body === bodyOf(1, item, 12));
    await waitFor('two notifications of the busy item', async () => {
      await publish(lull, assetChanged('busy'));
      return told('busy').length >= 2;
    }, { interval: 50 });
    await lull.drained();
    assert.equal(told('rests').length, 1);
    const [{ at, headers }] = told('rests');
    assert.equal(headers['lull-event-count'], '3');
    assert.ok(at - began >= interval, `told ${at - began} ms after the first event`);
    assert.ok(at - rested <= interval + 500, `told ${at - rested} ms after the last event`);
    const [first, second] = told('busy');
    assert.ok(first.at - began >= maxWait - interval, `the busy item was told after ${first.at - began} ms`);
    assert.ok(first.at - began <= maxWait + 600, `the busy item was told after ${first.at - began} ms`);
    assert.ok(second.at - first.at >= interval, `told again after ${second.at - first.at} ms`);
    assert.ok(second.at - first.at <= maxWait + 600, `told again after ${second.at - first.at} ms`);
  });

  it('does not wait at all with the interval zero', async () => {
    const lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:00' } });
    await register(lull, `${sink.url}/zero`);
    for (let count = 1; count <= 3; count += 1) {
      await publish(lull, assetChanged('zero'));
      const seen = await sink.received(count, '/zero');
      assert.equal(seen.at(-1).headers['lull-event-count'], '1');
    }
    const ids = sink.at('/zero').map(({ headers }) => headers['webhook-id']);
    assert.equal(new Set(ids).size, 3);
  });
});

suite('debounce: windows', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink();
    lull = await startLull({ settings: { 'Debouncing:Interval': '01:00:00' } });
    await register(lull, `${sink.url}/windows`);
  });

  it('shows open windows with count, first event and due time', async () => {
    const before = Date.now();
    await publish(lull, [assetChanged(7), assetChanged(7)]);
    await publish(lull, assetChanged(7));
    const { items } = expectStatus(await lull.get('/windows?itemId=7'), 200);
    assert.equal(items.length, 1);
    const [{ changeType, itemId, events, firstAt, dueAt }] = items;
    assert.deepEqual({ changeType, itemId, events }, { changeType: 1, itemId: 7, events: 3 });
    assert.ok(Math.abs(expectTime(firstAt, 'firstAt') - before) < 2_000, firstAt);
    const wait = expectTime(dueAt, 'dueAt') - before;
    assert.ok(wait >= 3_600_000 - 1_000 && wait < 3_600_000 + 3_000, dueAt);
  });

  it('filters and pages them', async () => {
    await publish(lull, [assetChanged('7'), assetChanged(8), { type: 'ComboValueCreated', itemId: 7, baseId: 1 }]);
    const count = async (query) => (await all(lull, `/windows?${query}`)).length;
    assert.equal(await count(''), 4);
    assert.equal(await count('limit=1'), 4);
    assert.equal(await count('itemId=7'), 3);
    assert.equal(await count('itemId=7&changeType=1'), 2);
    assert.equal(await count('changeType=8'), 1);
    assert.equal(await count('changeType=2'), 0);
    expectProblem(await lull.get('/windows?changeType=x'), 400);
    expectProblem(await lull.get('/windows?limit=0'), 400);
  });

  it('fires the chosen ones now', async () => {
    const reply = expectStatus(await lull.post('/windows/flush', { changeType: 8 }), 200);
    assert.deepEqual(reply, { flushed: 1 });
    const [{ body }] = await sink.received(1);
    assert.equal(body, bodyOf(8, 7, 1));
    assert.deepEqual(expectStatus(await lull.post('/windows/flush', { itemId: 8 }), 200), { flushed: 1 });
    await sink.received(2);
    assert.equal((await all(lull, '/windows')).length, 2);
    assert.deepEqual(expectStatus(await lull.post('/windows/flush'), 200), { flushed: 2 });
    await sink.received(4);
    assert.deepEqual(await all(lull, '/windows'), []);
    assert.deepEqual(expectStatus(await lull.post('/windows/flush'), 200), { flushed: 0 });
    assert.equal(sink.requests.find((request) => request.body === bodyOf(1, 7, 12)).headers['lull-event-count'], '3');
  });

  it('lets the newest event by occurredAt win, and among equals the later one', async () => {
    const at = (time, baseId) => assetChanged('newest', { occurredAt: `2024-01-01T00:00:${time}Z`, baseId });
    await publish(lull, [at('05', 'old'), at('09', 'tie-1'), at('09', 'tie-2'), at('01', 'older')]);
    await publish(lull, assetChanged('future', { occurredAt: '2999-01-01T00:00:00Z', baseId: 'first' }));
    await publish(lull, assetChanged('future', { baseId: 'second' }));
    const seen = sink.requests.length;
    await lull.post('/windows/flush');
    await sink.received(seen + 2);
    const told = sink.requests.slice(seen).map(({ body }) => body).sort();
    assert.deepEqual(told, [bodyOf(1, 'future', 'second'), bodyOf(1, 'newest', 'tie-2')]);
  });

  it('tells only endpoints that are subscribed when the window fires', async () => {
    const leaves = await register(lull, `${sink.url}/leaves`);
    await publish(lull, assetChanged('late'));
    await register(lull, `${sink.url}/joins`);
    await lull.patch(`/endpoints/${leaves.id}`, { changeTypes: 8 });
    await lull.post('/windows/flush');
    await sink.received(1, '/joins');
    await lull.drained();
    assert.equal(sink.at('/leaves').length, 0);
  });
});
