// Integrators who see and change only what they registered, on one service with somebody who sees everything.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const roles = {
  ada: 'Integration_Endpoints_Own',
  bob: 'Integration_Endpoints_Own',
  ops: 'Integration_Endpoints_CRUD,Integration_Events_Publish',
};
const keyOf = (who) => `key-of-${who}-0123456789`;
const as = (who) => ({ 'X-Api-Key': keyOf(who) });

suite('who has Integration_Endpoints_Own', () => {
  let lull;
  const ids = {};
  before(async () => {
    const settings = { 'Authentication:Mode': 'ApiKey' };
    Object.entries(roles).forEach(([who, given], at) => Object.assign(settings, {
      [`Authentication:ApiKeys:${at}:Name`]: who,
      [`Authentication:ApiKeys:${at}:Sha256`]: createHash('sha256').update(keyOf(who)).digest('hex'),
      [`Authentication:ApiKeys:${at}:Roles`]: given,
    }));
    lull = await startLull({ settings });
    const sink = await startSink(() => ({ status: 400 }));
    for (const who of Object.keys(roles)) {
      ids[who] = expectStatus(await lull.post('/endpoints', { name: who, url: `${sink.url}/${who}`, changeTypes: 1 }, as(who)), 201).id;
    }
    expectStatus(await lull.post('/events', [assetChanged(1), assetChanged(2)], as('ops')), 202);
    await waitFor('six letters', async () => (await lull.get('/dead-letters', as('ops'))).json.total === 6);
  });

  const letters = async (who, query = '') => expectStatus(await lull.get(`/dead-letters${query}`, as(who)), 200);

  it('sees its own endpoint, letters, totals and history', async () => {
    for (const who of ['ada', 'bob']) {
      const { items, total, totalIsExact } = await letters(who);
      assert.deepEqual(new Set(items.map(({ endpointId }) => endpointId)), new Set([ids[who]]));
      assert.equal(total, 2);
      assert.equal(totalIsExact, true);
      assert.equal((await letters(who, '?itemId=1')).total, 1);
      assert.equal((await letters(who, `?endpointId=${ids.ops}`)).total, 0);
      const stats = expectStatus(await lull.get('/stats', as(who)), 200);
      assert.deepEqual(stats.totals, { endpoints: 1, queueDepth: 0, deadLetters: 2, inFlight: 0 });
      assert.deepEqual((await lull.get('/endpoints', as(who))).json.items.map(({ id }) => id), [ids[who]]);
      const story = expectStatus(await lull.get('/items/1/1', as(who)), 200);
      assert.deepEqual(story.endpoints.map(({ endpointId }) => endpointId), [ids[who]]);
      assert.equal((await lull.get(`/history?endpointId=${ids[who]}`, as(who))).status, 200);
      assert.equal((await lull.get(`/history?endpointId=${ids.ops}`, as(who))).status, 404);
    }
  });

  it('sees its own endpoint in the overview and its own attempts live, and no settings', async () => {
    for (const who of ['ada', 'bob']) {
      const overview = expectStatus(await lull.get('/overview', as(who)), 200);
      assert.equal(overview.endpoints.total, 1);
      assert.deepEqual(overview.attention.map(({ endpointId, deadLetters }) => [endpointId, deadLetters]), [[ids[who], 2]]);
      assert.deepEqual([overview.alerts, overview.windowsOpen, overview.rates], [[], null, null]);
      const { items } = expectStatus(await lull.get('/live', as(who)), 200);
      assert.deepEqual(items.map(({ endpointId }) => endpointId), [ids[who], ids[who]]);
      assert.equal((await lull.get(`/live?endpointId=${ids.ops}`, as(who))).status, 404);
      assert.equal((await lull.get('/settings', as(who))).status, 403);
    }
    assert.equal(expectStatus(await lull.get('/overview', as('ops')), 200).attentionTotal, 3);
  });

  it('keeps its endpoint when somebody else changes it, and cannot take one over', async () => {
    const path = `/endpoints/${ids.ada}`;
    const seen = expectStatus(await lull.get(path, as('ops')), 200);
    expectStatus(await lull.put(path, { ...seen, name: 'changed by ops' }, as('ops')), 200);
    assert.equal(expectStatus(await lull.get(path, as('ada')), 200).name, 'changed by ops');
    assert.equal((await lull.put(path, seen, as('bob'))).status, 404);
    assert.equal((await lull.patch(`/endpoints/${ids.ops}`, { name: 'mine' }, as('bob'))).status, 404);
    assert.equal((await lull.post('/endpoints', { ...seen, owner: 'bob' }, as('bob'))).status, 400, 'there is no such property');
  });

  it('retries and purges its own letters only, those of a deleted endpoint too', async () => {
    const [foreign] = (await letters('ops', `?endpointId=${ids.ops}`)).items;
    assert.equal((await lull.get(`/dead-letters/${foreign.id}`, as('ada'))).status, 404);
    assert.equal((await lull.delete(`/dead-letters/${foreign.id}`, as('ada'))).status, 404);
    assert.equal((await lull.post(`/dead-letters/${foreign.id}/retry`, undefined, as('ada'))).status, 404);
    assert.deepEqual(expectStatus(await lull.post('/dead-letters/purge', { ids: [foreign.id] }, as('ada')), 200), { purged: 0, remaining: 0 });
    assert.equal((await lull.delete(`/endpoints/${ids.bob}`, as('bob'))).status, 204);
    assert.equal((await letters('bob')).total, 2);
    assert.equal((await letters('bob')).items[0].endpointName, 'bob');
    assert.equal((await letters('ada')).total, 2);
    const dry = expectStatus(await lull.post('/dead-letters/retry', { all: true, dryRun: true }, as('ada')), 200);
    assert.equal(dry.retried, 2);
    assert.equal(expectStatus(await lull.post('/dead-letters/purge', { all: true }, as('bob')), 200).purged, 2);
    assert.equal((await letters('ops')).total, 4);
  });

  it('sees its own groups and jobs, and its jobs take its own letters', async () => {
    const groups = expectStatus(await lull.get('/dead-letters/groups', as('ada')), 200).items;
    assert.deepEqual(groups.map(({ endpointId, count }) => [endpointId, count]), [[ids.ada, 2]]);
    const [whole] = expectStatus(await lull.get('/dead-letters/groups?by=changeType', as('ada')), 200).items;
    assert.equal(whole.count, 2);
    const job = expectStatus(await lull.post('/jobs', { action: 'purge', all: true }, as('ada')), 202);
    assert.equal(job.total, 2);
    await waitFor('the job is done', async () => (await lull.get(`/jobs/${job.id}`, as('ada'))).json.state === 'done');
    assert.equal((await letters('ada')).total, 0);
    assert.equal((await letters('ops')).total, 2, 'those of ops are left');
    const of = expectStatus(await lull.post('/jobs', { action: 'purge', all: true, ratePerSecond: 1 }, as('ops')), 202);
    assert.equal((await lull.get(`/jobs/${of.id}`, as('ada'))).status, 404);
    assert.equal((await lull.delete(`/jobs/${of.id}`, as('ada'))).status, 404);
    assert.deepEqual((await lull.get('/jobs', as('ada'))).json.items.map(({ id }) => id), [job.id]);
  });

  it('flushes no windows, sees no alerts and publishes nothing', async () => {
    assert.equal((await lull.post('/windows/flush', {}, as('ada'))).status, 403);
    assert.equal((await lull.get('/alerts', as('ada'))).status, 403);
    assert.equal((await lull.post('/events', assetChanged(1), as('ada'))).status, 403);
    assert.equal((await lull.get('/windows', as('ada'))).status, 200);
    assert.deepEqual((await lull.get('/me', as('ada'))).json, { principal: 'ada', roles: ['Integration_Endpoints_Own'] });
  });
});
