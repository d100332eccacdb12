// A busy item, an old message or a receiver that is merely busy must not use up retries, hold the breaker open or look
// healthy.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, deadLettersWhen, endpointWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const itemOf = ({ body }) => JSON.parse(body).Data.ItemId;
const items = (count, from = 0) => Array.from({ length: count }, (_, i) => assetChanged(from + i));

suite('the retry schedule of a busy item', () => {
  it('is used up by its own attempts only, not by those that newer events brought forward', async () => {
    const lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:00', 'Delivery:CircuitBreaker:Failures': '0',
      'Delivery:Retry:Schedule': '00:00:00.200,00:00:04' } });
    const sink = await startSink(() => ({ status: 500 }));
    const endpoint = await register(lull, sink.url);
    let events = 0;
    await waitFor('many more attempts than the schedule has', async () => {
      await publish(lull, assetChanged(7));
      events += 1;
      return sink.requests.length >= 8;
    }, { interval: 50 });
    assert.equal((await all(lull, '/dead-letters')).length, 0, `buried after ${events} events`);
    const [waiting] = (await lull.get(`/endpoints/${endpoint.id}/queue`)).json.items;
    assert.ok(waiting.attempts >= 7, `${waiting.attempts} attempts`);
    const [letter] = await deadLettersWhen(lull, 1, '', { timeout: 15_000 });
    const took = sink.requests.at(-1).at - sink.requests[0].at;
    assert.ok(took >= 4_200, `exhausted after ${took} ms of a schedule of 4,200 ms`);
    assert.equal(letter.reason, 'exhausted');
    assert.equal(letter.attempts, sink.requests.length, 'all attempts are counted');
    assert.deepEqual(sink.requests.map(({ headers }) => Number(headers['lull-attempt'])), sink.requests.map((_, i) => i + 1));
  });

  it('is not used up by retrying by hand', async () => {
    const lull = await startLull({ settings: { 'Delivery:CircuitBreaker:Failures': '0', 'Delivery:Retry:Schedule': '1.00:00:00' } });
    const sink = await startSink(() => ({ status: 500 }));
    const endpoint = await register(lull, sink.url);
    await publish(lull, assetChanged(1));
    for (let attempts = 1; attempts <= 4; attempts += 1) {
      const [waiting] = await waitFor(`attempt ${attempts} failed`, async () => {
        const seen = (await lull.get(`/endpoints/${endpoint.id}/queue`)).json.items;
        return seen[0]?.state === 'retrying' && seen[0].attempts === attempts ? seen : undefined;
      });
      assert.ok(Date.parse(waiting.nextAttemptAt) > Date.now() + 80_000_000, 'it waits for the schedule again');
      await lull.post(`/endpoints/${endpoint.id}/queue/retry`, { all: true });
    }
    assert.equal((await all(lull, '/dead-letters')).length, 0);
  });
});

suite('an open breaker', () => {
  const breaker = { 'Delivery:CircuitBreaker:Failures': '3', 'Delivery:Retry:Schedule': Array(9).fill('00:00:01').join(',') };

  it('is not held open by messages that have grown too old', async () => {
    const lull = await startLull({ settings: { ...breaker, 'Delivery:MaxAge': '00:00:06', 'Delivery:CircuitBreaker:Probe': '00:00:01',
      'Delivery:CircuitBreaker:MaxProbe': '00:00:02' } });
    let status = 500;
    const sink = await startSink(() => ({ status }));
    const endpoint = await register(lull, sink.url);
    await publish(lull, items(30));
    await endpointWhen(lull, endpoint.id, 'open', ({ health }) => health === 'open');
    await waitFor('the first has grown too old', async () => (await all(lull, '/dead-letters?reason=expired')).length > 0, { timeout: 15_000 });
    status = 200;
    const since = Date.now();
    await publish(lull, assetChanged(999));
    await waitFor('the receiver that recovered gets what is new', () => sink.requests.some((request) => itemOf(request) === 999), { timeout: 20_000 });
    const lag = sink.requests.find((request) => itemOf(request) === 999).at - since;
    assert.ok(lag < 4_000, `item 999 came after ${lag} ms`);
    await endpointWhen(lull, endpoint.id, 'closed', ({ health, queueDepth }) => health === 'healthy' && queueDepth === 0);
    console.log(`30 expired messages; item 999 came ${lag} ms after it was published`);
  });

  it('is not opened by a receiver that rejects what it is sent', async () => {
    const lull = await startLull({ settings: breaker });
    const sink = await startSink((request) => ({ status: itemOf(request) === 999 ? 200 : 422 }));
    const endpoint = await register(lull, sink.url, { maxConcurrency: 1 });
    await publish(lull, items(30));
    await deadLettersWhen(lull, 30, '?reason=permanent');
    const rejecting = (await lull.get(`/endpoints/${endpoint.id}`)).json;
    assert.equal(rejecting.health, 'failing');
    assert.equal(rejecting.consecutiveFailures, 30);
    await publish(lull, assetChanged(999));
    await waitFor('the good one is delivered', () => sink.requests.some(({ status }) => status === 200), { timeout: 5_000 });
    await endpointWhen(lull, endpoint.id, 'healthy', ({ health }) => health === 'healthy');
  });

  it('is closed by a permanent status as the answer to its probe', async () => {
    const lull = await startLull({ settings: { ...breaker, 'Delivery:CircuitBreaker:Probe': '00:00:01',
      'Delivery:CircuitBreaker:MaxProbe': '00:01:00' } });
    let status = 500;
    const sink = await startSink(() => ({ status }));
    const endpoint = await register(lull, sink.url, { maxConcurrency: 1 });
    await publish(lull, items(6));
    await endpointWhen(lull, endpoint.id, 'open', ({ health }) => health === 'open');
    status = 422;
    const closed = await endpointWhen(lull, endpoint.id, 'all are rejected', ({ queueDepth }) => queueDepth === 0);
    assert.equal(closed.health, 'failing');
    assert.equal((await all(lull, '/dead-letters?reason=permanent')).length, 6);
    const rejected = sink.requests.filter((request) => request.status === 422).map(({ at }) => at);
    assert.ok(rejected.at(-1) - rejected[0] < 900, `${rejected.at(-1) - rejected[0]} ms: no probe had to be waited for`);
  });
});

suite('a receiver that says when to come again', () => {
  let lull;
  before(async () => {
    lull = await startLull({ settings: { 'Delivery:CircuitBreaker:Failures': '2', 'Delivery:Retry:Schedule': '00:05:00' } });
  });

  it('is shown as failing while it only does that, and is no case for the breaker', async () => {
    let answer = { status: 503, headers: { 'Retry-After': '1' } };
    const sink = await startSink(() => answer);
    const endpoint = await register(lull, sink.url, { changeTypes: 1 });
    await publish(lull, assetChanged('busy'));
    const seen = await endpointWhen(lull, endpoint.id, 'it failed three times', ({ consecutiveFailures }) => consecutiveFailures >= 3);
    assert.equal(seen.health, 'failing');
    assert.match(seen.lastError, /503/);
    const failing = (await lull.get('/endpoints?health=failing')).json.items;
    assert.deepEqual(failing.map(({ id }) => id), [endpoint.id]);
    const [waiting] = (await lull.get(`/endpoints/${endpoint.id}/queue`)).json.items;
    assert.equal(waiting.attempts <= 1 && waiting.lastStatus, 503, 'no attempt is spent');
    answer = { status: 200 };
    const healthy = await endpointWhen(lull, endpoint.id, 'delivered', ({ queueDepth, lastSuccessAt }) => queueDepth === 0 && lastSuccessAt);
    assert.equal(healthy.health, 'healthy');
    assert.equal(healthy.consecutiveFailures, 0);
    assert.equal(new Set(sink.requests.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.deepEqual([...new Set(sink.requests.map(({ headers }) => headers['lull-attempt']))], ['1']);
    const gaps = sink.requests.slice(1).map(({ at }, i) => at - sink.requests[i].at);
    assert.ok(gaps.every((gap) => gap >= 990 && gap < 2_000), `${gaps} ms apart`);
    assert.equal((await lull.delete(`/endpoints/${endpoint.id}`)).status, 204);
  });

  it('and takes ten a second gets 300 within 40 s, with no bursts', async () => {
    const perSecond = new Map();
    const sink = await startSink(({ at }) => {
      const second = perSecond.get(Math.floor(at / 1000)) ?? { taken: 0, refused: 0 };
      perSecond.set(Math.floor(at / 1000), second);
      const free = second.taken < 10;
      second[free ? 'taken' : 'refused'] += 1;
      return free ? { status: 200 } : { status: 429, headers: { 'Retry-After': '1' } };
    });
    const endpoint = await register(lull, sink.url, { changeTypes: 1, maxConcurrency: 64 });
    const since = Date.now();
    await publish(lull, items(300));
    await endpointWhen(lull, endpoint.id, 'all are delivered',
      ({ queueDepth, lastSuccessAt }) => queueDepth === 0 && lastSuccessAt, { timeout: 60_000 });
    const taken = sink.requests.filter(({ status }) => status === 200);
    const took = taken.at(-1).at - since;
    const refused = [...perSecond.values()].map((second) => second.refused);
    console.log(`300 items in ${took} ms; refused per second: ${refused.join(' ')}`);
    assert.ok(took < 40_000, `${took} ms`);
    assert.equal(new Set(taken.map(itemOf)).size, 300);
    assert.equal((await all(lull, '/dead-letters')).length, 0);
    // The first second may be a burst: nobody has said anything yet.
    assert.ok(Math.max(...refused.slice(2)) <= 20, 'a burst into a receiver that takes ten');
    assert.deepEqual([...new Set(sink.requests.map(({ headers }) => headers['lull-attempt']))], ['1']);
  });
});
