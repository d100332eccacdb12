// A receiver that fails: attempts by the schedule, then one dead letter per item.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectTime } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, deadLettersWhen, endpointWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

suite('retries', () => {
  let lull;
  before(async () => {
    lull = await startLull({ settings: { 'Delivery:Retry:Schedule': '00:00:00.400,00:00:00.800', 'Delivery:CircuitBreaker:Failures': '0' } });
  });

  it('follow the schedule with one webhook-id, and end in one dead letter', async () => {
    const sink = await startSink(() => ({ status: 500, body: 'the reason why' }));
    const endpoint = await register(lull, `${sink.url}/fails`, { changeTypes: 1, name: 'failing' });
    const { sequences } = await publish(lull, [assetChanged(1), assetChanged(1)]);
    await sink.received(1);
    const [queued] = await waitFor('the retry is in the queue view', async () => {
      const { items } = (await lull.get(`/endpoints/${endpoint.id}/queue`)).json;
      return items[0]?.state === 'retrying' ? items : undefined;
    });
    assert.equal(queued.lastStatus, 500);
    assert.equal(queued.attempts, 1);
    assert.ok(expectTime(queued.nextAttemptAt) > Date.now() - 1000);
    const [letter] = await deadLettersWhen(lull, 1, `?endpointId=${endpoint.id}`);
    await lull.drained();

    const headers = sink.requests.map((request) => request.headers);
    assert.deepEqual(headers.map((each) => each['lull-attempt']), ['1', '2', '3']);
    assert.equal(new Set(headers.map((each) => each['webhook-id'])).size, 1);
    assert.equal(new Set(sink.requests.map(({ body }) => body)).size, 1);
    const [first, second, third] = sink.requests.map(({ at }) => at);
    assert.ok(second - first >= 390 && second - first < 900, `first delay ${second - first}`);
    assert.ok(third - second >= 790 && third - second < 1300, `second delay ${third - second}`);

    assert.equal(`${letter.endpointId}`, `${endpoint.id}`);
    const { endpointName, changeType, changeTypeName, itemId, baseId, sequence, eventCount, attempts, reason, lastStatus } = letter;
    assert.deepEqual({ endpointName, changeType, changeTypeName, itemId, baseId, sequence, eventCount, attempts, reason, lastStatus }, {
      endpointName: 'failing', changeType: 1, changeTypeName: 'AssetChanged', itemId: 1, baseId: 12, sequence: sequences[1],
      eventCount: 2, attempts: 3, reason: 'exhausted', lastStatus: 500 });
    assert.ok(expectTime(letter.firstFailedAt) <= expectTime(letter.deadAt));
    assert.equal(letter.supersededAt ?? null, null);
    const now = (await lull.get(`/endpoints/${endpoint.id}`)).json;
    assert.equal(now.queueDepth, 0);
    assert.equal(now.consecutiveFailures, 3);
    assert.equal(now.health, 'failing');
  });

  it('stop at the first success', async () => {
    const sink = await startSink((_, index) => ({ status: index === 0 ? 503 : 204 }));
    const endpoint = await register(lull, `${sink.url}/recovers`, { changeTypes: 2 });
    await publish(lull, { type: 'MetafieldCreated', itemId: 1, baseId: 2 });
    await sink.received(2);
    await lull.drained();
    assert.equal(sink.requests.length, 2);
    const now = await endpointWhen(lull, endpoint.id, 'healthy again', ({ health, lastSuccessAt }) => health === 'healthy' && lastSuccessAt);
    assert.equal(now.consecutiveFailures, 0);
    assert.equal((await deadLettersWhen(lull, 0, `?endpointId=${endpoint.id}`)).length, 0);
  });

  it('end at once for a permanent status', async () => {
    const statuses = [400, 405, 413, 414, 415, 422, 501];
    const sink = await startSink(({ path }) => ({ status: Number(path.slice(1)) }));
    for (const status of statuses) await register(lull, `${sink.url}/${status}`, { changeTypes: 4 });
    await publish(lull, { type: 'TreeValueCreated', itemId: 1, baseId: 2 });
    for (const status of statuses) {
      const [letter] = await deadLettersWhen(lull, 1, `?status=${status}&changeType=4`);
      assert.equal(letter.reason, 'permanent');
      assert.equal(letter.attempts, 1);
      assert.equal(letter.lastStatus, status);
      assert.equal(sink.at(`/${status}`).length, 1);
    }
  });

  it('take every other failure as retryable, and follow no redirect', async () => {
    const target = await startSink();
    const statuses = [399, 301, 302, 303, 307, 308, 401, 403, 404, 408, 409, 500, 502, 504];
    const sink = await startSink(({ path }) => ({ status: Number(path.slice(1)), headers: { Location: `${target.url}/redirected` } }));
    for (const status of statuses) await register(lull, `${sink.url}/${status}`, { changeTypes: 8 });
    const refused = await register(lull, 'http://127.0.0.1:1/', { changeTypes: 8 });
    await publish(lull, { type: 'ComboValueCreated', itemId: 1, baseId: 2 });
    for (const status of statuses) {
      const [letter] = await deadLettersWhen(lull, 1, `?status=${status}&changeType=8`);
      assert.equal(letter.reason, 'exhausted', `${status}`);
      assert.equal(letter.attempts, 3, `${status}`);
      assert.equal(sink.at(`/${status}`).length, 3, `${status}`);
    }
    const [unreachable] = await deadLettersWhen(lull, 1, `?endpointId=${refused.id}`);
    assert.equal(unreachable.lastStatus ?? null, null);
    assert.match(unreachable.lastError, /\w+ \w+/);
    assert.equal(target.requests.length, 0);
    assert.ok(sink.requests.every(({ method }) => method === 'POST'));
  });

  it('count a reply later than the timeout as a failure, however it drips', async () => {
    const sink = await startSink(() => ({ status: 200, hold: new Promise(() => {}) }));
    const endpoint = await register(lull, `${sink.url}/slow`, { changeTypes: 1, timeout: '00:00:01' });
    await publish(lull, assetChanged('slow'));
    const failed = await endpointWhen(lull, endpoint.id, 'a failure', ({ consecutiveFailures }) => consecutiveFailures >= 1);
    assert.ok(Date.now() - sink.requests[0].at >= 950);
    assert.match(failed.lastError, /time|within/i);
    assert.equal((await lull.delete(`/endpoints/${endpoint.id}`)).status, 204);
  });
});

suite('retries: settings', () => {
  it('an empty schedule makes one attempt', async () => {
    const sink = await startSink(() => ({ status: 500 }));
    const lull = await startLull({ settings: { 'Delivery:Retry:Schedule': '' } });
    await register(lull, sink.url);
    await publish(lull, assetChanged(1));
    const [letter] = await deadLettersWhen(lull, 1);
    assert.equal(letter.attempts, 1);
    assert.equal(letter.reason, 'exhausted');
    assert.equal(sink.requests.length, 1);
  });

  it('SuccessStatuses and PermanentStatuses decide what an answer means', async () => {
    const sink = await startSink(({ path }) => ({ status: Number(path.slice(1)) }));
    const lull = await startLull({ settings: { 'Delivery:SuccessStatuses': '200', 'Delivery:PermanentStatuses': '404,202',
      'Delivery:Retry:Schedule': '00:00:00.100' } });
    for (const status of [200, 202, 204, 400, 404]) await register(lull, `${sink.url}/${status}`);
    await publish(lull, assetChanged(1));
    const letters = await deadLettersWhen(lull, 4);
    const outcomes = letters.map(({ lastStatus, reason, attempts }) => `${lastStatus} ${reason} ${attempts}`).sort();
    assert.deepEqual(outcomes, ['202 permanent 1', '204 exhausted 2', '400 exhausted 2', '404 permanent 1']);
    assert.equal(sink.at('/200').length, 1);
  });

  it('the cpprestsdk transport delivers and retries as well', async () => {
    const sink = await startSink((_, index) => ({ status: index === 0 ? 500 : 200 }));
    const lull = await startLull({ settings: { 'Delivery:Transport': 'CppRest' } });
    await register(lull, `${sink.url}/cpprest`, { headers: { 'X-A': 'b' } });
    await publish(lull, assetChanged(1));
    await sink.received(2);
    await lull.drained();
    assert.deepEqual(sink.requests.map(({ headers }) => [headers['lull-attempt'], headers['x-a']]), [['1', 'b'], ['2', 'b']]);
  });
});
