// A change that arrives while its item's notification is under way, or after it was tried, is never swallowed.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { bodyOf } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { gate, startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('a change in flight', () => {
  let lull;
  before(async () => { lull = await startLull({ settings: { 'Delivery:Retry:Schedule': '00:00:02,00:00:00.200' } }); });

  const created = async () => (await lull.metrics()).value('lull_fleet_notifications_created_total');

  it('is delivered afterwards, alone at a time, with a new webhook-id and a higher sequence', async () => {
    const hold = gate();
    const sink = await startSink((_, index) => ({ status: 200, hold: index === 0 ? hold.opened : undefined }));
    const endpoint = await register(lull, `${sink.url}/held`, { changeTypes: 1 });
    await publish(lull, assetChanged(1, { baseId: 'first' }));
    await sink.received(1);
    const before = await created();
    const { sequences } = await publish(lull, [assetChanged(1, { baseId: 'second' }), assetChanged(1, { baseId: 'third' })]);
    await waitFor('the newer change is in the queue', async () => (await created()) === before + 1);
    const { items } = (await lull.get(`/endpoints/${endpoint.id}/queue`)).json;
    assert.ok(items.some(({ state }) => state === 'inFlight'), JSON.stringify(items));
    assert.equal(sink.requests.length, 1);
    hold.open();
    await sink.received(2);
    await lull.drained();
    assert.deepEqual(sink.requests.map(({ body }) => body), [bodyOf(1, 1, 'first'), bodyOf(1, 1, 'third')]);
    const [first, second] = sink.requests.map(({ headers }) => headers);
    assert.notEqual(second['webhook-id'], first['webhook-id']);
    assert.equal(second['lull-sequence'], `${sequences[1]}`);
    assert.ok(Number(second['lull-sequence']) > Number(first['lull-sequence']));
    assert.equal(second['lull-attempt'], '1');
    assert.equal(second['lull-event-count'], '2');
    assert.equal(sink.mostOpen, 1);
  });

  it('starts a new generation when it is merged into a message that was tried', async () => {
    const sink = await startSink((_, index) => ({ status: index === 0 ? 500 : 200 }));
    const endpoint = await register(lull, `${sink.url}/tried`, { changeTypes: 2 });
    const change = (baseId) => ({ type: 'MetafieldCreated', itemId: 2, baseId });
    await publish(lull, change('old'));
    await sink.received(1);
    const superseded = async () => (await lull.metrics()).value('lull_fleet_notifications_superseded_total');
    const before = await superseded();
    const { sequences } = await publish(lull, change('new'));
    await waitFor('the message is merged', async () => (await superseded()) === before + 1);
    await sink.received(2);
    await lull.drained();
    assert.deepEqual(sink.requests.map(({ body }) => body), [bodyOf(2, 2, 'old'), bodyOf(2, 2, 'new')]);
    const [first, second] = sink.requests.map(({ headers }) => headers);
    assert.notEqual(second['webhook-id'], first['webhook-id']);
    assert.equal(second['lull-sequence'], `${sequences[0]}`);
    assert.equal(second['lull-attempt'], '2');
    assert.equal(second['lull-event-count'], '2');
    assert.equal((await lull.get(`/endpoints/${endpoint.id}`)).json.queueDepth, 0);
  });

  it('keeps the id of a message that was never tried', async () => {
    const sink = await startSink();
    const endpoint = await register(lull, `${sink.url}/untried`, { changeTypes: 4, enabled: false });
    const change = (baseId) => ({ type: 'TreeValueCreated', itemId: 3, baseId });
    const queued = async () => (await lull.get(`/endpoints/${endpoint.id}/queue`)).json.items;
    await publish(lull, change('old'));
    const [first] = await waitFor('one waits', async () => ((await queued()).length === 1 ? queued() : undefined));
    const { sequences } = await publish(lull, change('new'));
    await waitFor('it is merged', async () => (await queued())[0].sequence === sequences[0]);
    const [merged, ...more] = await queued();
    assert.equal(more.length, 0);
    assert.equal(merged.id, first.id);
    assert.equal(merged.state, 'waiting');
    await lull.patch(`/endpoints/${endpoint.id}`, { enabled: true });
    const [{ body, headers }] = await sink.received(1);
    await lull.drained();
    assert.equal(sink.requests.length, 1);
    assert.equal(body, bodyOf(4, 3, 'new'));
    assert.equal(headers['webhook-id'], first.id);
  });

  it('makes 1,000 events on 10 items of a paused endpoint 10 notifications with the last sequences', async () => {
    const sink = await startSink();
    const endpoint = await register(lull, `${sink.url}/thousand`, { changeTypes: 8, enabled: false });
    const last = new Map();
    for (let batch = 0; batch < 10; batch += 1) {
      const events = Array.from({ length: 100 }, (_, index) => ({ type: 'ComboValueCreated', itemId: index % 10, baseId: 1 }));
      const { sequences } = await publish(lull, events);
      sequences.forEach((sequence, index) => last.set(index % 10, `${sequence}`));
    }
    await waitFor('all windows have fired', async () => (await lull.metrics()).value('lull_fleet_windows_open') === 0);
    assert.equal((await lull.get(`/endpoints/${endpoint.id}`)).json.queueDepth, 10);
    await lull.patch(`/endpoints/${endpoint.id}`, { enabled: true });
    await sink.received(10);
    await lull.drained();
    const told = sink.requests.map(({ body, headers }) => [JSON.parse(body).Data.ItemId, headers['lull-sequence']]);
    assert.deepEqual(new Map(told.sort(([a], [b]) => a - b)), last);
    assert.equal(sink.requests.length, 10);
  });
});
