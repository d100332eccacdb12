// Acting on dead letters: retry and purge, of one and of many, and what supersedes them.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('dead letters: act', () => {
  let lull;
  let sink;
  let broken = true;
  let endpoint;
  before(async () => {
    sink = await startSink(() => ({ status: broken ? 400 : 200 }));
    lull = await startLull({ settings: { 'Delivery:CircuitBreaker:Failures': '0' } });
  });
  /** A new endpoint, the only one subscribed, with a dead letter for each item. */
  async function dead(items) {
    if (endpoint) await lull.delete(`/endpoints/${endpoint.id}`);
    broken = true;
    endpoint = await register(lull, `${sink.url}/${Math.random()}`);
    await publish(lull, items.map((item) => assetChanged(item)));
    const letters = await deadLettersWhen(lull, items.length, `?endpointId=${endpoint.id}`);
    broken = false;
    return letters;
  }
  const path = () => new URL(endpoint.url).pathname;
  const left = async (more = '') => (await all(lull, `/dead-letters?endpointId=${endpoint.id}${more}`)).length;

  it('retries one: same webhook-id, fresh attempts, and the letter is gone', async () => {
    const [letter] = await dead([1]);
    const reply = expectStatus(await lull.post(`/dead-letters/${letter.id}/retry`), 202);
    assert.deepEqual(reply, { retried: 1, skipped: 0, remaining: 0 });
    const [failed, retried] = await sink.received(2, path());
    await lull.drained();
    assert.equal(retried.headers['webhook-id'], failed.headers['webhook-id']);
    assert.equal(retried.headers['lull-attempt'], '1');
    assert.equal(retried.body, failed.body);
    assert.equal(retried.headers['lull-sequence'], failed.headers['lull-sequence']);
    assert.equal(await left('&superseded=false'), 0);
    const again = await lull.post(`/dead-letters/${letter.id}/retry`);
    assert.ok([404, 409].includes(again.status), `${again.status}`);
  });

  it('deletes one with 204', async () => {
    const [letter] = await dead([1]);
    assert.equal((await lull.delete(`/dead-letters/${letter.id}`)).status, 204);
    expectProblem(await lull.get(`/dead-letters/${letter.id}`), 404);
    expectProblem(await lull.delete(`/dead-letters/${letter.id}`), 404);
    expectProblem(await lull.post(`/dead-letters/${letter.id}/retry`), 404);
    assert.equal(await left(), 0);
  });

  it('needs a filter or all: true, refuses what it does not know, and a dry run only counts', async () => {
    await dead([1, 2, 3]);
    for (const act of ['retry', 'purge']) {
      for (const body of [{}, { all: false }, { filter: 1 }, { ids: 'x' }, { ids: Array(1001).fill('x') }, { status: 'x' }, { dryRun: 'yes', all: true }, []]) {
        expectProblem(await lull.post(`/dead-letters/${act}`, body), 400);
      }
    }
    const tried = await lull.post('/dead-letters/retry', { endpointId: endpoint.id, dryRun: true });
    assert.equal(expectStatus(tried, 200).retried, 3);
    const purged = await lull.post('/dead-letters/purge', { endpointId: endpoint.id, dryRun: true });
    assert.equal(expectStatus(purged, 200).purged, 3);
    await lull.drained();
    assert.equal(await left(), 3);
    assert.equal(sink.at(path()).length, 3);
  });

  it('retries many by filter and by ids', async () => {
    const letters = await dead(['a', 'b', 'c', 'd']);
    const byItem = await lull.post('/dead-letters/retry', { endpointId: endpoint.id, itemId: 'b' });
    assert.deepEqual(expectStatus(byItem, 202), { retried: 1, skipped: 0, remaining: 0 });
    const ids = letters.filter(({ itemId }) => itemId !== 'b' && itemId !== 'd').map(({ id }) => id);
    assert.equal(expectStatus(await lull.post('/dead-letters/retry', { ids }), 202).retried, 2);
    await sink.received(4 + 3, path());
    await lull.drained();
    assert.deepEqual((await all(lull, `/dead-letters?endpointId=${endpoint.id}&superseded=false`)).map(({ itemId }) => itemId), ['d']);
  });

  it('purges many', async () => {
    await dead(['a', 'b', 'c']);
    assert.deepEqual(expectStatus(await lull.post('/dead-letters/purge', { endpointId: endpoint.id, itemId: 'a' }), 200), { purged: 1, remaining: 0 });
    assert.deepEqual(expectStatus(await lull.post('/dead-letters/purge', { endpointId: endpoint.id }), 200), { purged: 2, remaining: 0 });
    assert.equal(await left(), 0);
    await lull.drained();
    assert.equal(sink.at(path()).length, 3);
  });

  it('keeps one letter per item: a later failure updates it', async () => {
    const [first] = await dead(['again']);
    broken = true;
    const { sequences } = await publish(lull, assetChanged('again', { baseId: 13 }));
    await sink.received(2, path());
    await lull.drained();
    const [second, ...more] = await all(lull, `/dead-letters?endpointId=${endpoint.id}`);
    assert.equal(more.length, 0);
    assert.equal(second.sequence, sequences[0]);
    assert.equal(second.baseId, 13);
    assert.ok(second.sequence > first.sequence);
  });

  it('marks a letter superseded by a later success; retrying it alone is 409, in bulk only when asked', async () => {
    const [letter] = await dead(['late']);
    await publish(lull, assetChanged('late'));
    await sink.received(2, path());
    await lull.drained();
    assert.equal(await left('&superseded=true'), 1);
    assert.notEqual((await lull.get(`/dead-letters/${letter.id}`)).json.supersededAt ?? null, null);
    expectProblem(await lull.post(`/dead-letters/${letter.id}/retry`), 409);
    const bulk = expectStatus(await lull.post('/dead-letters/retry', { endpointId: endpoint.id }), 202);
    assert.equal(bulk.retried, 0);
    await lull.drained();
    assert.equal(sink.at(path()).length, 2);
    const asked = expectStatus(await lull.post('/dead-letters/retry', { endpointId: endpoint.id, includeSuperseded: true }), 202);
    assert.equal(asked.retried, 1);
    await sink.received(3, path());
  });

  it('sends retried letters in the order they died', async () => {
    if (endpoint) await lull.delete(`/endpoints/${endpoint.id}`);
    broken = true;
    endpoint = await register(lull, `${sink.url}/${Math.random()}`, { maxConcurrency: 1 });
    const items = [11, 2, 10, 1, 100, 20];
    for (const [index, item] of items.entries()) {
      await publish(lull, assetChanged(item));
      await deadLettersWhen(lull, index + 1, `?endpointId=${endpoint.id}`);
    }
    broken = false;
    expectStatus(await lull.post('/dead-letters/retry', { endpointId: endpoint.id }), 202);
    await sink.received(2 * items.length, path());
    assert.deepEqual(sink.at(path()).slice(items.length).map(({ body }) => JSON.parse(body).Data.ItemId), items);
  });

  it('keeps the letters of a deleted endpoint: viewable, purgeable, not retryable', async () => {
    const [letter] = await dead(['orphan']);
    assert.equal((await lull.delete(`/endpoints/${endpoint.id}`)).status, 204);
    assert.equal(expectStatus(await lull.get(`/dead-letters/${letter.id}`), 200).endpointName, endpoint.name);
    expectProblem(await lull.post(`/dead-letters/${letter.id}/retry`), 409);
    const bulk = expectStatus(await lull.post('/dead-letters/retry', { endpointId: endpoint.id }), 202);
    assert.equal(bulk.retried, 0);
    assert.equal(bulk.skipped, 1);
    assert.equal(await left(), 1);
    assert.equal(expectStatus(await lull.post('/dead-letters/purge', { endpointId: endpoint.id }), 200).purged, 1);
  });
});

suite('dead letters: act while the item waits for its next attempt', () => {
  it('sends a retried letter now', async () => {
    let status = 400;
    const sink = await startSink(() => ({ status }));
    const lull = await startLull({ settings: { 'Delivery:Retry:Schedule': '01:00:00', 'Delivery:CircuitBreaker:Failures': '0' } });
    const endpoint = await register(lull, sink.url);
    await publish(lull, assetChanged(1));
    const [letter] = await deadLettersWhen(lull, 1);
    status = 500;
    await publish(lull, assetChanged(1));
    await waitFor('the newer one waits for an hour', async () => {
      const [item] = (await lull.get(`/endpoints/${endpoint.id}/queue`)).json.items;
      return item?.lastStatus === 500 && item.state === 'retrying';
    });
    status = 200;
    const retried = expectStatus(await lull.post(`/dead-letters/${letter.id}/retry`), 202);
    assert.equal(retried.retried, 1);
    await sink.received(3);
    await lull.drained();
    assert.equal(sink.requests.length, 3);
    assert.equal(sink.requests[2].headers['webhook-id'], sink.requests[1].headers['webhook-id']);
  });
});
