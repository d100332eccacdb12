// Items whose ids are as long, and as odd, as the contract lets them be: what a list names can be read, retried and purged.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

const items = {
  '150 characters': 'a'.repeat(150),
  '100 characters of two bytes': 'ü'.repeat(100),
  '200 characters of four bytes': '𝄞'.repeat(200),
  'a NUL among them': 'a\u0000b',
  'control characters': '\u0001\t\n\u007f',
  'what a path and a query use': '/a?b=c&d%2F+#',
};

suite('long ids', () => {
  let lull;
  let endpoint;
  before(async () => {
    const sink = await startSink(() => ({ status: 400 }));
    lull = await startLull({ settings: { 'Delivery:CircuitBreaker:Failures': '0' } });
    endpoint = await register(lull, sink.url, { changeTypes: 1 });
  });

  for (const [what, itemId] of Object.entries(items)) {
    it(`${what}: the letter is found by its item, and by the id that the list gives`, async () => {
      await publish(lull, assetChanged(itemId));
      const filter = `?itemId=${encodeURIComponent(itemId)}`;
      const [letter] = await deadLettersWhen(lull, 1, filter);
      assert.equal(letter.itemId, itemId);
      assert.equal(expectStatus(await lull.get(`/dead-letters/${letter.id}`), 200).itemId, itemId);
      assert.equal((await all(lull, `/endpoints/${endpoint.id}/attempts${filter}`)).length, 1);
      assert.equal(expectStatus(await lull.post(`/dead-letters/${letter.id}/retry`), 202).retried, 1);
      const [again] = await deadLettersWhen(lull, 1, filter);
      const counted = expectStatus(await lull.post('/dead-letters/retry', { ids: [again.id], itemId, dryRun: true }), 200);
      assert.equal(counted.retried, 1);
      expectStatus(await lull.delete(`/dead-letters/${again.id}`), 204);
      expectProblem(await lull.get(`/dead-letters/${again.id}`), 404);
    });
  }

  it('the cursors of their lists lead on', async () => {
    await publish(lull, Object.values(items).map((itemId) => assetChanged(itemId)));
    await deadLettersWhen(lull, Object.keys(items).length);
    const letters = await all(lull, '/dead-letters?limit=1');
    assert.deepEqual(letters.map(({ itemId }) => itemId).sort(), Object.values(items).sort());
  });
});
