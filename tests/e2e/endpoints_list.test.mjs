// Finding, paging and deleting endpoints.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, endpointWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

suite('endpoints: list and delete', () => {
  let lull;
  let sink;
  const created = [];
  before(async () => {
    sink = await startSink();
    lull = await startLull();
    for (const [index, changeTypes] of [1, 2, 4, 8, 5].entries()) {
      created.push(await register(lull, `${sink.url}/list/${index}`, { name: `endpoint ${'abcde'[index]}`, changeTypes, enabled: index !== 3 }));
    }
  });
  const found = async (query) => (await all(lull, `/endpoints?${query}`)).map(({ name }) => name.at(-1)).sort().join('');

  it('pages by an opaque cursor, each endpoint once', async () => {
    for (const limit of [1, 2, 4, 5, 6, 500]) assert.equal(await found(`limit=${limit}`), 'abcde', `limit ${limit}`);
    const page = expectStatus(await lull.get('/endpoints?limit=2'), 200);
    assert.equal(page.items.length, 2);
    assert.equal(typeof page.nextCursor, 'string');
    assert.equal((await lull.get('/endpoints')).json.nextCursor ?? null, null);
  });

  it('filters by name, url, changeType and health', async () => {
    assert.equal(await found('name=endpoint%20b'), 'b');
    assert.equal(await found(`url=${encodeURIComponent(created[2].url)}`), 'c');
    assert.equal(await found('changeType=4'), 'ce');
    assert.equal(await found('changeType=2'), 'b');
    assert.equal(await found('health=paused'), 'd');
    assert.equal(await found('health=healthy'), 'abce');
    assert.equal(await found('health=healthy&changeType=4&limit=1'), 'ce');
    assert.equal(await found('name=nobody'), '');
  });

  it('refuses parameters that mean nothing', async () => {
    for (const query of ['limit=0', 'limit=501', 'limit=-1', 'limit=x', 'limit=', 'cursor=%00%ff', 'cursor=nonsense', 'changeType=x',
      'changeType=0', 'health=ill']) {
      const reply = await lull.get(`/endpoints?${query}`);
      assert.equal(reply.status, 400, query);
      expectProblem(reply, 400);
    }
  });

  it('answers 404 for an endpoint that is not there, on every call', async () => {
    for (const id of ['999999', 'nonsense', '..%2f..', '%00', 'a'.repeat(300)]) {
      for (const [method, path, body] of [['GET', ''], ['PUT', '', created[0]], ['PATCH', '', {}], ['DELETE', ''], ['POST', '/test'],
        ['GET', '/attempts'], ['GET', '/queue'], ['POST', '/queue/retry', { all: true }], ['POST', '/queue/purge', { all: true }],
        ['GET', '/secret'], ['POST', '/secret/rotate']]) {
        expectProblem(await lull.api.send(method, `/endpoints/${id}${path}`, body), 404);
      }
    }
  });

  it('deletes with 204, cancels the queue, and never uses an id again', async () => {
    const ids = new Set(created.map(({ id }) => id));
    const before = (await lull.metrics()).value('lull_fleet_notifications_cancelled_total');
    for (let round = 0; round < 5; round += 1) {
      const { id } = await register(lull, `${sink.url}/deleted`, { enabled: false, changeTypes: 1 });
      assert.ok(!ids.has(id), `id ${id} came again`);
      ids.add(id);
      await publish(lull, assetChanged(round));
      await endpointWhen(lull, id, 'one waits', ({ queueDepth }) => queueDepth === 1);
      const reply = await lull.delete(`/endpoints/${id}`);
      assert.equal(reply.status, 204);
      assert.equal(reply.text, '');
      expectProblem(await lull.get(`/endpoints/${id}`), 404);
      expectProblem(await lull.delete(`/endpoints/${id}`), 404);
    }
    await lull.drained();
    assert.equal((await lull.metrics()).value('lull_fleet_notifications_cancelled_total'), before + 5);
    assert.equal(sink.at('/deleted').length, 0);
    assert.equal(await found(''), 'abcde');
  });
});
