// Ids pass through the service unchanged, in value and in type.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { bodyOf, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

suite('event values', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink();
    lull = await startLull();
  });

  const numbers = ['0', '-1', '1', '9007199254740991', '9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808'];

  it('keeps every 64-bit integer exact', async () => {
    await register(lull, `${sink.url}/numbers`, { changeTypes: 1 });
    const events = numbers.map((number) => `{"type":"AssetCreated","itemId":${number},"baseId":${number}}`);
    expectStatus(await lull.post('/events', `[${events.join(',')}]`), 202);
    await sink.received(numbers.length, '/numbers');
    await lull.drained();
    const expected = numbers.map((number) => bodyOf(1, BigInt(number), BigInt(number)));
    assert.deepEqual(sink.at('/numbers').map(({ body }) => body).sort(), expected.sort());
  });

  it('keeps text as text, whatever is in it', async () => {
    await register(lull, `${sink.url}/texts`, { changeTypes: 2 });
    const texts = ['3', '-1', '9007199254740993', 'a b', 'ü€😀', '"quoted"', 'back\\slash', 'line\nfeed', 'tab\t', 'nul\u0000', '{}', '00', ' ',
      'x'.repeat(200), 'a:b|c/d', '\u2028', '*', '[x]'];
    await publish(lull, texts.map((text) => ({ type: 'MetafieldCreated', itemId: text, baseId: text })));
    await sink.received(texts.length, '/texts');
    await lull.drained();
    const told = sink.at('/texts').map(({ body }) => JSON.parse(body).Data);
    assert.deepEqual(told.map(({ ItemId }) => ItemId).sort(), texts.slice().sort());
    for (const { ItemId, BaseId } of told) assert.equal(BaseId, ItemId);
  });

  it('tells the number 3 and the text "3" apart', async () => {
    await register(lull, `${sink.url}/three`, { changeTypes: 4 });
    await publish(lull, [3, '3', 3].map((itemId) => ({ type: 'TreeValueCreated', itemId, baseId: 'b' })));
    await sink.received(2, '/three');
    await lull.drained();
    assert.deepEqual(sink.at('/three').map(({ body, headers }) => [body, headers['lull-event-count']]).sort(),
      [[bodyOf(4, '3', 'b'), '1'], [bodyOf(4, 3, 'b'), '2']].sort());
  });

  it('keeps an item\'s change types apart', async () => {
    await register(lull, `${sink.url}/kinds`);
    await publish(lull, ['AssetCreated', 'MetafieldCreated', 'TreeValueCreated', 'ComboValueCreated'].map((type) => ({ type, itemId: 8, baseId: 9 })));
    await sink.received(4, '/kinds');
    await lull.drained();
    assert.deepEqual(sink.at('/kinds').map(({ body }) => body).sort(), [1, 2, 4, 8].map((bit) => bodyOf(bit, 8, 9)).sort());
  });
});
