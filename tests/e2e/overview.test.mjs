// What the console begins with: the fleet at a glance, what happens now, and what the service was started with.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { runLull, startLull } from './support/lull.mjs';
import { assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('the overview and the live view', () => {
  let lull;
  let sink;
  const ids = {};
  const statuses = { good: 200, refusing: 400, failing: 500, gone: 410 };
  before(async () => {
    sink = await startSink(({ path }) => ({ status: statuses[path.slice(1)] ?? 200 }));
    lull = await startLull({ settings: { 'Delivery:Retry:Schedule': '01:00:00', 'Delivery:CircuitBreaker:Failures': '2' } });
    for (const name of [...Object.keys(statuses), 'idle']) {
      ids[name] = (await register(lull, `${sink.url}/${name}`, { name, changeTypes: name === 'idle' ? 2 : 1 })).id;
    }
    await publish(lull, assetChanged(1));
  });

  const overview = async () => expectStatus(await lull.get('/overview'), 200);
  const overviewWhen = (what, test) => waitFor(what, async () => {
    const seen = await overview();
    return test(seen) ? seen : undefined;
  });

  it('lists what needs a person, the worst first, and why', async () => {
    const told = await overviewWhen('three need a person', ({ attentionTotal }) => attentionTotal === 3);
    assert.deepEqual(told.attention.map(({ name }) => name), ['gone', 'refusing', 'failing'],
      'a refusal is a failure, too; of equals that come first which were registered first');
    const [gone, refusing, failing] = told.attention;
    assert.deepEqual([gone.health, gone.pausedReason, gone.queueDepth], ['paused', 'gone', 1]);
    assert.match(gone.lastError, /410/);
    assert.deepEqual([failing.health, failing.pausedReason, failing.queueDepth], ['failing', null, 1]);
    assert.ok(Date.parse(failing.nextAttemptAt) > Date.now());
    assert.deepEqual([refusing.health, refusing.deadLetters, refusing.groupsGrowing], ['failing', 1, 1]);
    assert.deepEqual(told.endpoints, { total: 5, healthy: 2, failing: 2, open: 0, paused: 1 });
    assert.deepEqual([told.queueDepth, told.deadLetters, told.inFlight, told.windowsOpen], [2, 1, 0, 0]);
    assert.ok(told.alerts.some(({ kind, subject }) => kind === 'endpoint-paused' && subject === ids.gone), JSON.stringify(told.alerts));
    assert.ok(told.rates.deliveredPerSecond >= 0);
  });

  it('forgets an endpoint once its letters are superseded or purged', async () => {
    await publish(lull, assetChanged(2));
    const [letter] = (await deadLettersWhen(lull, 2, `?endpointId=${ids.refusing}`));
    statuses.refusing = 200;
    await publish(lull, assetChanged(letter.itemId));
    await waitFor('the success supersedes its letter', async () =>
      (await lull.get(`/dead-letters/${letter.id}`)).json.supersededAt !== null);
    // The total counts superseded ones, as /stats does.
    await overviewWhen('one letter of two is left', ({ attention, deadLetters }) =>
      deadLetters === 2 && attention.find(({ name }) => name === 'refusing')?.deadLetters === 1);
    await lull.post('/dead-letters/purge', { endpointId: ids.refusing });
    await overviewWhen('none is left', ({ attention }) => attention.every(({ name }) => name !== 'refusing'));
  });

  it('shows the newest attempts over all endpoints, and those of one outcome or one endpoint', async () => {
    const live = async (query = '') => expectStatus(await lull.get(`/live${query}`), 200).items;
    await publish(lull, assetChanged('the-latest'));
    await waitFor('the latest is shown', async () => {
      const found = (await live()).filter(({ itemId, outcome }) => itemId === 'the-latest' && outcome === 'delivered');
      return new Set(found.map(({ endpointName }) => endpointName)).size === 2;
    });
    const items = await live();
    const times = items.map(({ at }) => Date.parse(at));
    assert.deepEqual(times, [...times].sort((one, other) => other - one));
    assert.deepEqual(Object.keys(items[0]), ['at', 'endpointId', 'endpointName', 'messageId', 'changeType', 'itemId', 'attempt',
      'outcome', 'status', 'result', 'durationMs', 'error']);
    assert.equal(new Set(items.map(({ endpointId, messageId, attempt }) => `${endpointId} ${messageId} ${attempt}`)).size, items.length, 'none twice');
    assert.deepEqual((await live('?outcome=permanent')).map(({ endpointName, status }) => [endpointName, status]), [['refusing', 400], ['refusing', 400]]);
    const ofFailing = await live(`?endpointId=${ids.failing}`);
    const attempts = expectStatus(await lull.get(`/endpoints/${ids.failing}/attempts`), 200).items;
    assert.deepEqual(ofFailing.map(({ messageId }) => messageId), attempts.map(({ messageId }) => messageId));
    assert.equal((await lull.get('/live?endpointId=ep_none')).status, 404);
    assert.equal((await lull.get('/live?outcome=good')).status, 400);
    await lull.delete(`/endpoints/${ids.good}`);
    await waitFor('what is deleted is gone', async () => (await live()).every(({ endpointId }) => endpointId !== ids.good));
  });

  it('reads the store once for many who ask', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => overview()));
    assert.ok(new Set(replies.map(({ at }) => at)).size <= 2, 'two seconds may end among them');
  });
});

suite('the settings', () => {
  it('are what print-config prints, line by line, with secrets hidden', async () => {
    const key = 'a-key-of-the-viewer-0123456789';
    const settings = {
      'Authentication:Mode': 'ApiKey', 'Authentication:ApiKeys:0:Name': 'viewer', 'Authentication:ApiKeys:0:Roles': 'Integration_Endpoints_View',
      'Authentication:ApiKeys:0:Sha256': createHash('sha256').update(key).digest('hex'),
      'FormatValues:source': '/dam/production',
    };
    const lull = await startLull({ settings });
    const { items } = expectStatus(await lull.get('/settings', { 'X-Api-Key': key }), 200);
    const args = lull.child.spawnargs.slice(1);
    const printed = await runLull({ command: ['print-config', ...args] });
    assert.equal(printed.code, 0, printed.output);
    assert.deepEqual(items.map((item) => `${item.key} = ${item.value}  (${item.source})`), printed.stdout.trimEnd().split('\n'));
    assert.equal(items.find((item) => item.key === 'Authentication:ApiKeys:0:Sha256').value, '***');
    assert.equal(items.find((item) => item.key === 'FormatValues:source').value, '/dam/production');
    assert.equal((await lull.get('/settings')).status, 401);
  });
});
