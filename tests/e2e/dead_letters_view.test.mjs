// Looking at dead letters: list, filters, pages, detail.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { bodyOf, expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

suite('dead letters: view', () => {
  let lull;
  let refuses;
  let fails;
  before(async () => {
    const sink = await startSink(({ path }) => ({ status: Number(path.slice(1)), body: 'excerpt <of> the reply' }));
    lull = await startLull({ settings: { 'Delivery:Retry:Schedule': '00:00:00.100', 'Delivery:CircuitBreaker:Failures': '0' } });
    refuses = await register(lull, `${sink.url}/400`, { name: 'refuses', changeTypes: 3 });
    fails = await register(lull, `${sink.url}/500`, { name: 'fails', changeTypes: 1 });
    await publish(lull, [3, '3', 4].map((itemId) => ({ type: 'AssetCreated', itemId, baseId: 'b' })));
    await deadLettersWhen(lull, 6);
    await publish(lull, { type: 'MetafieldCreated', itemId: 3, baseId: 'b' });
    await deadLettersWhen(lull, 7);
  });
  const count = async (query) => (await all(lull, `/dead-letters?${query}`)).length;

  it('lists them newest first, in pages, with a total', async () => {
    const page = expectStatus(await lull.get('/dead-letters?limit=3'), 200);
    assert.equal(page.items.length, 3);
    assert.equal(page.total, 7);
    assert.equal(page.totalIsExact, true);
    const items = await all(lull, '/dead-letters?limit=2');
    assert.equal(new Set(items.map(({ id }) => id)).size, 7);
    const times = items.map(({ deadAt }) => deadAt);
    assert.deepEqual(times, times.slice().sort().reverse());
    assert.equal(items[0].changeType, 2);
  });

  it('filters by everything it promises', async () => {
    const [newest] = await all(lull, '/dead-letters?changeType=2');
    const since = encodeURIComponent(newest.deadAt);
    for (const [query, expected] of [[`endpointId=${refuses.id}`, 4], [`endpointId=${fails.id}`, 3], ['changeType=1', 6], ['changeType=2', 1],
      ['changeType=4', 0], ['itemId=3', 5], ['itemId=4', 2], ['status=400', 4], ['status=500', 3], ['status=404', 0],
      ['reason=permanent', 4], ['reason=exhausted', 3], ['reason=expired', 0], ['superseded=false', 7], ['superseded=true', 0],
      [`since=${since}`, 1], ['until=2000-01-01T00:00:00Z', 0], ['since=2000-01-01T00:00:00Z', 7], ['until=2999-01-01T00:00:00Z', 7],
      [`endpointId=${refuses.id}&itemId=3&changeType=1&status=400&reason=permanent`, 2]]) {
      assert.equal(await count(query), expected, query);
      const { total } = (await lull.get(`/dead-letters?limit=1&${query}`)).json;
      assert.equal(total, expected, `total of ${query}`);
    }
  });

  it('refuses filters that mean nothing', async () => {
    for (const query of ['changeType=x', 'status=abc', 'reason=boredom', 'superseded=maybe', 'since=yesterday', 'until=x', 'limit=0', 'cursor=x']) {
      expectProblem(await lull.get(`/dead-letters?${query}`), 400);
    }
  });

  it('shows one with its body and its attempts', async () => {
    const [letter] = await all(lull, `/dead-letters?endpointId=${fails.id}&itemId=4`);
    const detail = expectStatus(await lull.get(`/dead-letters/${letter.id}`), 200);
    for (const [member, value] of Object.entries(letter)) {
      if (member !== 'attempts') assert.deepEqual(detail[member], value, member);
    }
    const bodies = Object.values(detail).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
    assert.ok(bodies.includes(bodyOf(1, 4, 'b')), `the body in ${JSON.stringify(detail)}`);
    const attempts = Object.values(detail).find((value) => Array.isArray(value));
    assert.equal(attempts.length, 2, JSON.stringify(detail));
    for (const attempt of attempts) {
      assert.equal(attempt.status, 500);
      assert.match(attempt.responseExcerpt, /excerpt <of> the reply/);
    }
    assert.deepEqual(attempts.map(({ attempt }) => attempt).sort(), [1, 2]);
    expectProblem(await lull.get('/dead-letters/nonsense'), 404);
  });
});
