// What an operator sees of deliveries: the attempts log, test sends, totals.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { bodyOf, expectProblem, expectStatus, expectTime } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('attempts, test sends, stats', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink(({ path }, index) => ({ status: path === '/first-fails' && index === 0 ? 502 : 200, body: 'thanks' }));
    lull = await startLull();
  });

  it('logs each attempt with its outcome', async () => {
    const endpoint = await register(lull, `${sink.url}/first-fails`, { changeTypes: 1 });
    await publish(lull, assetChanged(1));
    await sink.received(2, '/first-fails');
    await publish(lull, assetChanged('1'));
    await publish(lull, assetChanged(2));
    await sink.received(4, '/first-fails');
    const path = `/endpoints/${endpoint.id}/attempts`;
    const items = await waitFor('four attempts are logged', async () => {
      const seen = await all(lull, path);
      return seen.length === 4 ? seen : undefined;
    });
    const failed = items.find(({ status }) => status === 502);
    const { changeType, itemId, attempt, responseExcerpt, messageId } = failed;
    assert.deepEqual({ changeType, itemId, attempt, responseExcerpt }, { changeType: 1, itemId: 1, attempt: 1, responseExcerpt: 'thanks' });
    assert.equal(messageId, sink.requests[0].headers['webhook-id']);
    expectTime(failed.at);
    assert.ok(failed.durationMs >= 0 && failed.durationMs < 5_000);
    const delivered = items.filter(({ messageId: id, status }) => id === messageId && status === 200);
    assert.equal(delivered.length, 1);
    assert.equal(delivered[0].attempt, 2);
    assert.notEqual(delivered[0].outcome, failed.outcome);
    const count = async (query) => (await all(lull, `${path}?${query}`)).length;
    assert.equal(await count(`outcome=${failed.outcome}`), 1);
    assert.equal(await count(`outcome=${delivered[0].outcome}`), 3);
    assert.equal(await count('itemId=1'), 3);
    assert.equal(await count('itemId=2'), 1);
    assert.equal(await count('limit=1'), 4);
    expectProblem(await lull.get(`${path}?outcome=nonsense`), 400);
    assert.doesNotMatch(lull.output, /thanks/);
  });

  it('keeps the last 200 attempts', async () => {
    const endpoint = await register(lull, `${sink.url}/many`, { changeTypes: 2 });
    await publish(lull, Array.from({ length: 230 }, (_, itemId) => ({ type: 'MetafieldCreated', itemId, baseId: 1 })));
    await sink.received(230, '/many');
    await lull.drained();
    assert.equal((await all(lull, `/endpoints/${endpoint.id}/attempts?limit=500`)).length, 200);
  });

  it('sends a test now, marked as one, of the lowest subscribed bit; also when paused', async () => {
    const endpoint = await register(lull, `${sink.url}/test`, { changeTypes: 12, headers: { 'X-A': 'b' }, enabled: false });
    const before = await lull.metrics();
    const reply = expectStatus(await lull.post(`/endpoints/${endpoint.id}/test`), 200);
    assert.equal(reply.status, 200);
    assert.equal(reply.error ?? null, null);
    assert.equal(reply.responseExcerpt, 'thanks');
    assert.ok(reply.durationMs >= 0);
    assert.equal(sink.at('/test').length, 1);
    const [{ body, headers }] = sink.at('/test');
    assert.equal(body, bodyOf(4, 0, 0));
    assert.equal(headers['lull-test'], 'true');
    assert.equal(headers['x-a'], 'b');
    assert.match(headers['webhook-signature'], /^v1,/);
    const after = await lull.metrics();
    for (const name of ['created', 'delivered']) {
      const metric = `lull_fleet_notifications_${name}_total`;
      assert.equal(after.value(metric), before.value(metric), metric);
    }
    assert.equal((await lull.get(`/endpoints/${endpoint.id}`)).json.health, 'paused');
  });

  it('reports a failed test without touching the endpoint', async () => {
    const endpoint = await register(lull, 'http://127.0.0.1:1/', { changeTypes: 1 });
    const reply = expectStatus(await lull.post(`/endpoints/${endpoint.id}/test`), 200);
    assert.equal(reply.status ?? null, null);
    assert.match(reply.error, /\w+ \w+/);
    const now = (await lull.get(`/endpoints/${endpoint.id}`)).json;
    assert.equal(now.consecutiveFailures, 0);
    assert.equal(now.health, 'healthy');
    assert.equal((await lull.delete(`/endpoints/${endpoint.id}`)).status, 204);
  });

  it('counts in /stats what is there', async () => {
    const endpoint = await register(lull, `${sink.url}/stats`, { changeTypes: 8, enabled: false });
    await publish(lull, [1, 2, 3].map((itemId) => ({ type: 'ComboValueCreated', itemId, baseId: 1 })));
    const own = await waitFor('three wait', async () => {
      const stats = expectStatus(await lull.get('/stats'), 200);
      const seen = stats.endpoints.find(({ id, endpointId }) => `${id ?? endpointId}` === `${endpoint.id}`);
      return seen?.queueDepth === 3 ? seen : undefined;
    });
    assert.equal(own.health, 'paused');
    assert.equal(own.inFlight, 0);
    assert.equal(own.deadLetters, 0);
    assert.ok('lastSuccessAt' in own);
    const stats = (await lull.get('/stats')).json;
    for (const member of ['queueDepth', 'deadLetters', 'inFlight', 'windowsOpen', 'oldestDueAgeMs']) {
      assert.equal(typeof (stats[member] ?? stats.totals?.[member]), 'number', `${member} in ${JSON.stringify(stats)}`);
    }
  });
});
