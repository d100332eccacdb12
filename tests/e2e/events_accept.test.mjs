// Publishing: the three forms of a body, idempotency, sequences.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, publish } from './support/scenario.mjs';

const ndjson = { 'Content-Type': 'application/x-ndjson' };

suite('events: accept', () => {
  let lull;
  before(async () => { lull = await startLull({ settings: { 'Debouncing:Interval': '00:10:00' } }); });

  const opened = async (itemId) => (await lull.get(`/windows?itemId=${itemId}`)).json.items;

  it('takes one event', async () => {
    const reply = await publish(lull, assetChanged('one'));
    assert.deepEqual(Object.keys(reply).sort(), ['accepted', 'duplicates', 'sequences']);
    assert.equal(reply.accepted, 1);
    assert.equal(reply.duplicates, 0);
    assert.equal(reply.sequences.length, 1);
    assert.ok(Number.isInteger(reply.sequences[0]) && reply.sequences[0] > 0, `${reply.sequences}`);
  });

  it('takes an array of up to 1,000 and gives ascending sequences in its order', async () => {
    const first = await publish(lull, Array.from({ length: 1000 }, (_, index) => assetChanged(index % 7)));
    assert.equal(first.accepted, 1000);
    assert.equal(first.sequences.length, 1000);
    first.sequences.reduce((before, after) => { assert.ok(after > before); return after; });
    const next = await publish(lull, assetChanged(1));
    assert.ok(next.sequences[0] > first.sequences.at(-1));
  });

  it('takes NDJSON, with or without a last line feed', async () => {
    const lines = ['a', 'b', 'c'].map((item) => JSON.stringify(assetChanged(`nd-${item}`))).join('\n');
    for (const body of [lines, `${lines}\n`, `${lines.replaceAll('\n', '\r\n')}\r\n`]) {
      const reply = expectStatus(await lull.post('/events', body, ndjson), 202);
      assert.equal(reply.accepted, 3);
      assert.equal(reply.sequences.length, 3);
    }
    assert.equal((await opened('nd-c'))[0].events, 3);
  });

  it('takes a charset, a chunked body and every optional member', async () => {
    const event = assetChanged('optional', { occurredAt: '2024-02-29T12:00:00.123+01:00', id: 'ev-1', data: { a: [1, null, 'ü'] },
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' });
    expectStatus(await lull.post('/events', event, { 'Content-Type': 'application/json; charset=utf-8' }), 202);
    expectStatus(await lull.post('/events', assetChanged('chunked'), { 'Transfer-Encoding': 'chunked' }), 202);
    assert.equal((await opened('chunked')).length, 1);
  });

  it('counts a repeated id as duplicate and gives the first sequence back', async () => {
    const first = await publish(lull, assetChanged('idem', { id: 'e1' }));
    const again = await publish(lull, assetChanged('idem', { id: 'e1' }));
    assert.deepEqual(again, { accepted: 0, duplicates: 1, sequences: first.sequences });
    const mixed = await publish(lull, [assetChanged('idem', { id: 'e2' }), assetChanged('idem', { id: 'e1' }),
      assetChanged('idem', { id: 'e2' }), assetChanged('idem')]);
    assert.equal(mixed.accepted, 2);
    assert.equal(mixed.duplicates, 2);
    assert.equal(mixed.sequences[1], first.sequences[0]);
    assert.equal(mixed.sequences[2], mixed.sequences[0]);
    assert.ok(mixed.sequences[3] > mixed.sequences[0]);
    assert.equal((await opened('idem'))[0].events, 3);
  });

  it('keeps ids of different items and types apart', async () => {
    const events = [assetChanged('x1', { id: 'same' }), assetChanged('x2', { id: 'same' }),
      { ...assetChanged('x1', { id: 'same' }), type: 'AssetDeleted' }, { ...assetChanged('x1', { id: 'same' }), type: 'TreeValueCreated' }];
    assert.equal((await publish(lull, events)).accepted, 4);
  });

  it('accepts an id once when it comes several times at the same moment', async () => {
    const replies = await Promise.all(Array.from({ length: 10 }, () => publish(lull, assetChanged('race', { id: 'r1' }))));
    assert.equal(replies.reduce((sum, { accepted }) => sum + accepted, 0), 1);
    assert.equal(new Set(replies.map(({ sequences }) => sequences[0])).size, 1);
    assert.equal((await opened('race'))[0].events, 1);
  });

  it('stores nothing of a body with one bad event, not even its ids', async () => {
    const before = (await lull.metrics()).value('lull_fleet_events_accepted_total');
    const good = assetChanged('atomic', { id: 'a1' });
    expectProblem(await lull.post('/events', [good, assetChanged('')]), 400, '/1/itemId');
    expectProblem(await lull.post('/events', `${JSON.stringify(good)}\n{"type":`, ndjson), 400);
    expectProblem(await lull.post('/events', `${JSON.stringify(good)}\n${JSON.stringify({ ...good, baseId: null })}\n`, ndjson), 400, '/1/baseId');
    assert.deepEqual(await opened('atomic'), []);
    assert.equal((await lull.metrics()).value('lull_fleet_events_accepted_total'), before);
    assert.equal((await publish(lull, good)).accepted, 1);
  });
});
