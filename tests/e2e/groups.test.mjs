// Dead letters by what an operator would mend together.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('groups of dead letters', () => {
  let lull;
  let sink;
  let status = 400;
  let search;
  let silent;
  before(async () => {
    sink = await startSink(() => ({ status }));
    lull = await startLull({ settings: { 'Delivery:CircuitBreaker:Failures': '0', 'Delivery:Retry:Schedule': '' } });
    search = await register(lull, `${sink.url}/search`, { name: 'Search', changeTypes: 1 });
  });
  const groups = (query = '') => all(lull, `/dead-letters/groups${query}`);
  /** Waits until the groups are these: title → count. */
  const groupsWhen = (expected, query = '') => waitFor(`groups ${JSON.stringify(expected)}`, async () => {
    const found = await groups(query);
    const seen = Object.fromEntries(found.map(({ title, count }) => [title, count]));
    return JSON.stringify(Object.entries(seen).sort()) === JSON.stringify(Object.entries(expected).sort()) ? found : undefined;
  });

  it('are none at first', async () => {
    assert.deepEqual(await groups(), []);
  });

  it('are causes: an endpoint, a reason, and a status or the class of the failure', async () => {
    await publish(lull, [1, 2, 3].map((item) => assetChanged(item)));
    await deadLettersWhen(lull, 3);
    status = 503;
    await publish(lull, [4, 5].map((item) => assetChanged(item)));
    await deadLettersWhen(lull, 5);
    // Nobody listens there.
    const nobody = await startSink();
    await nobody.close();
    silent = await register(lull, nobody.url, { name: 'Silent', changeTypes: 2 });
    await publish(lull, { type: 'MetafieldCreated', itemId: 1, baseId: 1 });
    const found = await groupsWhen({ '400 from Search (permanent)': 3, '503 from Search': 2, 'no connection to Silent': 1 });
    assert.deepEqual(found.map(({ key }) => key),
      [`${silent.id}:exhausted:connect`, `${search.id}:exhausted:503`, `${search.id}:permanent:400`], 'the one whose letter died last comes first');
    for (const group of found) {
      assert.equal(group.lastRetry, null);
      assert.ok(group.firstDeadAt <= group.lastDeadAt);
      const sample = expectStatus(await lull.get(`/dead-letters/${group.sampleId}`), 200);
      assert.equal(sample.deadAt, group.lastDeadAt);
      assert.equal(sample.endpointId, group.endpointId);
    }
  });

  it('add up by endpoint and by change type, under the filters', async () => {
    await groupsWhen({ Search: 5, Silent: 1 }, '?by=endpoint');
    await groupsWhen({ AssetChanged: 5, MetafieldChanged: 1 }, '?by=changeType');
    await groupsWhen({ Search: 3 }, '?by=endpoint&reason=permanent');
    await groupsWhen({ 'no connection to Silent': 1 }, `?endpointId=${silent.id}`);
    await groupsWhen({ 'no connection to Silent': 1 }, '?changeType=2');
    for (const query of ['?status=503', '?itemId=1', '?by=status', '?reason=bored', '?superseded=x']) {
      expectProblem(await lull.get(`/dead-letters/groups${query}`), 400);
    }
  });

  it('count what a later success superseded apart', async () => {
    status = 200;
    await publish(lull, assetChanged(4));
    await groupsWhen({ '503 from Search': 1 }, '?superseded=true');
    await groupsWhen({ '400 from Search (permanent)': 3, '503 from Search': 1, 'no connection to Silent': 1 }, '?superseded=false');
  });

  it('show their last retry, and how many of it failed again', async () => {
    status = 400;
    expectStatus(await lull.post('/dead-letters/retry', { endpointId: search.id, reason: 'permanent' }), 202);
    await lull.drained();
    const [group] = (await groups(`?endpointId=${search.id}&reason=permanent`));
    assert.equal(group.count, 3);
    assert.equal(group.lastRetry.done, 3);
    assert.equal(group.lastRetry.failedAgain, 3);
    status = 200;
    expectStatus(await lull.post('/dead-letters/retry', { endpointId: search.id, reason: 'permanent', itemId: '1' }), 202);
    await lull.drained();
    const [later] = (await groups(`?endpointId=${search.id}&reason=permanent`));
    assert.equal(later.count, 2);
    assert.equal(later.lastRetry.done, 1);
    assert.equal(later.lastRetry.failedAgain, 0);
    assert.ok(later.lastRetry.at > group.lastRetry.at);
  });

  it('stay with their name when the endpoint is deleted, until they are purged', async () => {
    assert.equal((await lull.delete(`/endpoints/${search.id}`)).status, 204);
    await groupsWhen({ '400 from Search (permanent)': 2, '503 from Search': 2, 'no connection to Silent': 1 });
    expectStatus(await lull.post('/dead-letters/purge', { endpointId: search.id }), 200);
    await groupsWhen({ 'no connection to Silent': 1 });
  });

  it('page', async () => {
    const other = await register(lull, `${sink.url}/other`, { name: 'Other', changeTypes: 1 });
    status = 400;
    await publish(lull, assetChanged(9));
    await deadLettersWhen(lull, 1, `?endpointId=${other.id}`);
    const paged = await groups('?limit=1');
    assert.deepEqual(paged.map(({ title }) => title), ['400 from Other (permanent)', 'no connection to Silent']);
    expectProblem(await lull.get('/dead-letters/groups?cursor=x'), 400);
  });
});
