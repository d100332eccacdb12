// Every change, in order: endpoints with `delivery: every`, their lanes, and what an ordered receiver may answer.
import assert from 'node:assert/strict';
import { afterEach, before, it } from 'node:test';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, deadLettersWhen, endpoint, endpointWhen, publish, register as registerFor, registrations } from './support/scenario.mjs';
import { gate, startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const every = { delivery: 'every' };
const ordered = { delivery: 'every', order: 'endpoint' };
const byBody = { ...ordered, results: 'body' };

const numberOf = ({ headers }) => Number(headers['lull-sequence']);
const attemptOf = ({ headers }) => Number(headers['lull-attempt']);
const itemOf = ({ body }) => JSON.parse(body).Data.ItemId;
const idOf = ({ headers }) => headers['webhook-id'];
const told = (request) => [itemOf(request), attemptOf(request), request.headers['lull-replay'] === 'true'];
const answer = (result, message) => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ result, ...(message && { message }) }) });
const resume = (lull, { id }) => lull.patch(`/endpoints/${id}`, { enabled: true });
const pause = (lull, { id }) => lull.patch(`/endpoints/${id}`, { enabled: false });
const states = async (lull, { id }) => (await all(lull, `/endpoints/${id}/queue`)).map(({ itemId, state }) => [itemId, state]);
const depth = (lull, { id }, count) => endpointWhen(lull, id, `${count} are queued`, ({ queueDepth }) => queueDepth === count);

const { register, removeAll } = registrations();

/**
 * No window is open and nothing queued: what has not come by now does not come. (/stats may be a second old; the stream is empty once its
 * last event has come.)
 */
const settled = (lull) => waitFor('windows and queues are empty', async () => {
  const open = await all(lull, '/windows');
  const endpoints = await all(lull, '/endpoints');
  return open.length === 0 && endpoints.every(({ queueDepth }) => queueDepth === 0);
});

/** Publishes an event for each item, one request after the other; gives their sequences. */
async function publishEach(lull, items) {
  const sequences = [];
  for (const item of items) sequences.push(...(await publish(lull, assetChanged(item))).sequences);
  return sequences;
}

suite('lanes: order', () => {
  afterEach(removeAll);
  let lull;
  before(async () => { lull = await startLull(); });

  it('an ordered endpoint that was down gets everything in commit order, one at a time; a debounced one beside it is not held up', async () => {
    // The schedule alone would let a receiver that is back wait for five minutes: the next event finds it.
    const own = await startLull({ settings: { 'Delivery:Retry:Schedule': '00:00:00.200,00:05:00', 'Delivery:CircuitBreaker:Probe': '00:00:00.300' } });
    let down = true;
    const sink = await startSink(() => ({ status: down ? 500 : 200 }));
    const beside = await startSink();
    await register(own, sink.url, ordered);
    await register(own, beside.url);
    const sequences = [];
    const batches = async (from, to) => {
      for (let first = from; first < to; first += 100) {
        sequences.push(...(await publish(own, Array.from({ length: 100 }, (_, i) => assetChanged(first + i)))).sequences);
      }
    };
    await batches(0, 1000);
    await beside.received(1000);
    assert.ok(sink.requests.every((request) => itemOf(request) === 0), 'only the head is tried while it is down');
    // Brought forward by the events, it has spent no entry of the schedule: it is still there after more failures than the schedule has entries.
    await waitFor('the head has failed more often than the schedule has entries', async () => {
      await batches(sequences.length, sequences.length + 100);
      return sink.requests.length >= 4;
    }, { interval: 300 });
    down = false;
    await batches(sequences.length, 3000);
    await beside.received(3000, undefined, 30_000);
    const good = await waitFor('all 3,000 are delivered', () => {
      const successes = sink.requests.filter(({ status }) => status === 200);
      return successes.length >= 3000 && successes;
    }, { timeout: 30_000 });
    await settled(own);
    assert.deepEqual(good.map(numberOf), sequences);
    assert.deepEqual(good.map(itemOf), Array.from({ length: 3000 }, (_, item) => item));
    assert.equal(sink.mostOpen, 1);
    assert.equal(beside.requests.length, 3000);
    assert.ok(good.every(({ headers }) => headers['lull-event-count'] === '1'));
    assert.equal((await all(own, '/dead-letters')).length, 0);
  });

  it('item: the second event of an item is attempted once the first is settled, and items go in parallel', async () => {
    const held = gate();
    const sink = await startSink((request, index) => {
      if (itemOf(request) === 'a' && index === 0) return { status: 500, hold: held.opened };
      return { status: 200 };
    });
    await register(lull, sink.url, every);
    const sequences = await publishEach(lull, ['a', 'a', 'b', 'b', 'a']);
    await waitFor('b is through', () => sink.requests.filter((request) => itemOf(request) === 'b').length === 2);
    assert.equal(sink.requests.filter((request) => itemOf(request) === 'a').length, 1, 'a waits for its first');
    held.open();
    await sink.received(6);
    await settled(lull);
    const ofA = sink.requests.filter((request) => itemOf(request) === 'a');
    assert.deepEqual(ofA.map((request) => [numberOf(request), attemptOf(request)]),
      [[sequences[0], 1], [sequences[0], 2], [sequences[1], 1], [sequences[4], 1]]);
    assert.equal(idOf(ofA[0]), idOf(ofA[1]));
    assert.equal(new Set(sink.requests.map(idOf)).size, 5);
    assert.ok(sink.requests.every(({ headers }) => headers['lull-event-count'] === '1'));
  });

  it('none: messages of one item overlap, oldest first', async () => {
    const held = gate();
    const sink = await startSink(() => ({ status: 200, hold: held.opened }));
    const seen = await register(lull, sink.url, { ...every, order: 'none', maxConcurrency: 3, enabled: false });
    const sequences = await publishEach(lull, Array(9).fill('one'));
    await depth(lull, seen, 9);
    await resume(lull, seen);
    await sink.received(3);
    assert.deepEqual(sink.requests.map(numberOf).sort((a, b) => a - b), sequences.slice(0, 3));
    held.open();
    await sink.received(9);
    await settled(lull);
    assert.deepEqual(sink.requests.map(numberOf).sort((a, b) => a - b), sequences);
  });

  it('queues what happens while it is paused', async () => {
    const sink = await startSink();
    const seen = await register(lull, sink.url, ordered);
    await pause(lull, seen);
    const sequences = await publishEach(lull, [1, 2, 1]);
    await depth(lull, seen, 3);
    assert.deepEqual(await states(lull, seen), [[1, 'waiting'], [2, 'behind'], [1, 'behind']]);
    assert.equal(sink.requests.length, 0);
    await resume(lull, seen);
    await sink.received(3);
    assert.deepEqual(sink.requests.map(numberOf), sequences);
  });

  it('nothing comes from before its registration, or from before it took a type', async () => {
    await settled(lull);
    const sink = await startSink();
    await register(lull, `${sink.url}/debounced`);
    await publishEach(lull, ['old', 'old']);
    const seen = await register(lull, `${sink.url}/every`, every);
    const other = await register(lull, `${sink.url}/other`, { ...every, changeTypes: 2 });
    await sink.received(1, '/debounced');
    expectStatus(await lull.patch(`/endpoints/${other.id}`, { changeTypes: 3 }), 200);
    const [sequence] = await publishEach(lull, ['new']);
    await sink.received(1, '/every');
    await sink.received(1, '/other');
    await settled(lull);
    assert.deepEqual(sink.at('/every').map(numberOf), [sequence]);
    assert.deepEqual(sink.at('/other').map(numberOf), [sequence]);
    assert.deepEqual(sink.at('/debounced').map(itemOf), ['old', 'new']);
  });

  it('an event that is sent again with its id is told once', async () => {
    const sink = await startSink();
    const seen = await register(lull, sink.url, every);
    const first = await publish(lull, assetChanged('once', { id: 'the-same' }));
    const again = await publish(lull, assetChanged('once', { id: 'the-same' }));
    assert.deepEqual([again.accepted, again.duplicates, again.sequences], [0, 1, first.sequences]);
    const [last] = await publishEach(lull, ['once']);
    await sink.received(2);
    await settled(lull);
    assert.deepEqual(sink.requests.map(numberOf), [...first.sequences, last]);
  });
});

suite('lanes: what fails', () => {
  afterEach(removeAll);
  let lull;
  let status = 200;
  let sink;
  before(async () => {
    lull = await startLull({ settings: { 'Delivery:Retry:Schedule': '00:00:00.100', 'Delivery:CircuitBreaker:Probe': '00:00:00.100' } });
  });
  const fresh = async (telling) => {
    status = 500;
    sink = await startSink(() => ({ status }));
    return register(lull, sink.url, telling);
  };
  const blocked = ({ id }) => endpointWhen(lull, id, 'blocked', ({ pausedReason }) => pausedReason === 'blocked');

  for (const [why, code, attempts] of [['exhausted', 500, 2], ['permanent', 422, 1]]) {
    it(`stop: a head that is ${why} stays and pauses the endpoint; queue/retry resumes it with fresh attempts`, async () => {
      const seen = await fresh({ ...ordered, onFailure: 'stop', enabled: false });
      status = code;
      const sequences = await publishEach(lull, ['head', 'next']);
      await depth(lull, seen, 2);
      await resume(lull, seen);
      const view = await blocked(seen);
      assert.deepEqual([view.enabled, view.health, view.queueDepth], [false, 'paused', 2]);
      assert.equal((await all(lull, `/dead-letters?endpointId=${seen.id}`)).length, 0);
      assert.deepEqual(sink.requests.map((request) => [numberOf(request), attemptOf(request)]),
        Array.from({ length: attempts }, (_, i) => [sequences[0], i + 1]));
      assert.deepEqual((await states(lull, seen)).map(([item]) => item), ['head', 'next']);
      status = 200;
      expectStatus(await lull.post(`/endpoints/${seen.id}/queue/retry`, { all: true }), 202);
      await sink.received(attempts + 2);
      await settled(lull);
      const after = sink.requests.slice(attempts);
      assert.deepEqual(after.map((request) => [numberOf(request), attemptOf(request)]), [[sequences[0], 1], [sequences[1], 1]]);
      assert.equal(idOf(after[0]), idOf(sink.requests[0]));
      const resumed = await endpoint(lull, seen.id);
      assert.deepEqual([resumed.enabled, resumed.pausedReason ?? null], [true, null]);
    });
  }

  it('stop: purging the blocked head keeps it blocked; enabled: true goes on with the next', async () => {
    const seen = await fresh({ ...ordered, onFailure: 'stop' });
    const [head, next] = await publishEach(lull, ['head', 'next']);
    await blocked(seen);
    const [{ id, sequence }] = await all(lull, `/endpoints/${seen.id}/queue`);
    assert.equal(sequence, head);
    assert.deepEqual(expectStatus(await lull.post(`/endpoints/${seen.id}/queue/purge`, { ids: [id] }), 200).purged, 1);
    const still = await endpoint(lull, seen.id);
    assert.deepEqual([still.pausedReason, still.queueDepth], ['blocked', 1]);
    const earlier = sink.requests.length;
    status = 200;
    await resume(lull, seen);
    await sink.received(earlier + 1);
    await settled(lull);
    assert.deepEqual(sink.requests.slice(earlier).map(numberOf), [next]);
  });

  it('skip: a letter for each message; a later success supersedes none; a retried one comes at the end of its lane and says so', async () => {
    const seen = await fresh(every);
    status = 422;
    const dead = await publishEach(lull, ['x', 'x']);
    const letters = await deadLettersWhen(lull, 2, `?endpointId=${seen.id}`);
    assert.deepEqual(letters.map(({ sequence }) => sequence).sort((a, b) => a - b), dead);
    status = 200;
    const [alive] = await publishEach(lull, ['x']);
    await sink.received(3);
    await settled(lull);
    assert.ok((await all(lull, `/dead-letters?endpointId=${seen.id}`)).every(({ supersededAt }) => (supersededAt ?? null) === null));
    const first = letters.find(({ sequence }) => sequence === dead[0]);
    assert.deepEqual(expectStatus(await lull.post(`/dead-letters/${first.id}/retry`), 202), { retried: 1, skipped: 0, remaining: 0, order: 'appended' });
    await sink.received(4);
    await settled(lull);
    const revived = sink.requests.at(-1);
    assert.deepEqual([numberOf(revived), ...told(revived)], [dead[0], 'x', 1, true]);
    assert.equal(idOf(revived), idOf(sink.requests[0]));
    assert.deepEqual(sink.requests.map(numberOf), [...dead, alive, dead[0]]);
    assert.ok(sink.requests.slice(0, 3).every(({ headers }) => headers['lull-replay'] === undefined));
    assert.deepEqual((await all(lull, `/dead-letters?endpointId=${seen.id}`)).map(({ sequence }) => sequence), [dead[1]]);
  });

  for (const [how, killed] of [['its attempt has ended', false], ['its process was killed and its lease is over', true]]) {
    it(`purging a head in flight: the next one starts once ${how}`, async () => {
      const held = gate();
      const dataDirectory = temporaryDirectory('data');
      const settings = { 'Delivery:Timeout': '00:00:05', 'Delivery:LeaseMargin': '00:00:01' };
      let own = await startLull({ dataDirectory, settings });
      sink = await startSink((request) => ({ status: 200, hold: itemOf(request) === 'purged' ? held.opened : undefined }));
      const { id } = await registerFor(own, sink.url, ordered);
      const [, next] = await publishEach(own, ['purged', 'next']);
      await sink.received(1);
      const [head] = await waitFor('both are queued', async () => {
        const items = await all(own, `/endpoints/${id}/queue`);
        return items.length === 2 && items;
      });
      assert.equal(expectStatus(await own.post(`/endpoints/${id}/queue/purge`, { ids: [head.id] }), 200).purged, 1);
      assert.deepEqual(await states(own, { id }), [['next', 'behind']]);
      assert.equal(sink.requests.length, 1);
      if (killed) {
        await own.kill9();
        own = await startLull({ dataDirectory, settings });
      } else {
        held.open();
      }
      await sink.received(2);
      await settled(own);
      assert.deepEqual(sink.requests.slice(1).map(numberOf), [next]);
      assert.deepEqual((await all(own, '/alerts')).filter(({ kind }) => kind === 'unreadable'), []);
    });
  }

  it('at its cap it takes nothing more, says what it missed, and is not the others\' concern', async () => {
    const own = await startLull({ settings: { 'Delivery:MaxQueued': '5', 'Delivery:Retry:Schedule': '00:00:00.300,00:05:00' } });
    status = 500;
    sink = await startSink(({ path }) => ({ status: path === '/full' ? status : 200 }));
    const full = await register(own, `${sink.url}/full`, ordered);
    await register(own, `${sink.url}/other`, ordered);
    const sequences = [];
    for (let item = 1; item <= 8; item += 1) {
      sequences.push(...await publishEach(own, [item]));
      await sink.received(item, '/other'); // Its cap is the same.
    }
    const view = await endpointWhen(own, full.id, 'full', ({ pausedReason, missed }) => pausedReason === 'queue-full' && missed?.count === 3);
    assert.deepEqual([view.enabled, view.queueDepth], [false, 5]);
    assert.deepEqual(view.missed, { count: 3, firstSequence: sequences[5], lastSequence: sequences[7] });
    assert.equal((await own.metrics()).value('lull_fleet_notifications_dropped_total'), 3);
    assert.deepEqual(sink.at('/other').map(numberOf), sequences);
    status = 200;
    const failed = sink.at('/full').length;
    await resume(own, full);
    await sink.received(failed + 5, '/full');
    const [later] = await publishEach(own, [9]);
    await sink.received(failed + 6, '/full');
    await settled(own);
    assert.deepEqual(sink.at('/full').slice(failed).map(numberOf), [...sequences.slice(0, 5), later]);
    assert.equal((await endpoint(own, full.id)).pausedReason ?? null, null);
  });
});

suite('lanes: results of an ordered receiver', () => {
  afterEach(removeAll);
  let lull;
  before(async () => {
    lull = await startLull({ settings: { 'Delivery:Retry:Schedule': '00:00:00.200,00:05:00', 'Delivery:CircuitBreaker:Probe': '00:00:00.100' } });
  });
  /** A receiver that gives each item the answers of `script` in turn, and then an empty 200. */
  const receiver = async (script) => {
    const sink = await startSink((request) => script[itemOf(request)]?.shift() ?? { status: 200 });
    return { sink, seen: await register(lull, sink.url, { ...byBody, enabled: false }) };
  };
  const run = async ({ sink, seen }, items, count) => {
    await publishEach(lull, items);
    await depth(lull, seen, items.length);
    await resume(lull, seen);
    await sink.received(count);
    await settled(lull);
    return sink.requests.map(told);
  };

  it('OK goes on, in words, numbers and nothing at all', async () => {
    const both = await receiver({ a: [answer('OK')], b: [answer(0)], c: [{ status: 204 }] });
    assert.deepEqual(await run(both, ['a', 'b', 'c', 'd'], 4), [['a', 1, false], ['b', 1, false], ['c', 1, false], ['d', 1, false]]);
  });

  for (const [what, reply] of [['Error', answer('Error', 'not now')], ['1', answer(1)], ['a body of something else', { status: 200, body: '<p>fine</p>' }]]) {
    it(`${what}: the head stays and spends an attempt, all behind it wait`, async () => {
      const both = await receiver({ a: [reply] });
      assert.deepEqual(await run(both, ['a', 'b'], 3), [['a', 1, false], ['a', 2, false], ['b', 1, false]]);
    });
  }

  for (const [what, reply] of [['ErrorAndSkip', answer('ErrorAndSkip', 'no')], ['2', answer(2)]]) {
    it(`${what}: an attempt is spent, the message is set aside, and the next one is processed now`, async () => {
      const both = await receiver({ a: [reply] });
      assert.deepEqual(await run(both, ['a', 'b'], 3), [['a', 1, false], ['b', 1, false], ['a', 2, true]]);
    });
  }

  for (const [what, reply] of [['SkipNow', answer('SkipNow')], ['3', answer(3)]]) {
    it(`${what}: set aside again and again, and no attempt is spent`, async () => {
      const both = await receiver({ a: [reply, reply, reply] });
      assert.deepEqual(await run(both, ['a', 'b'], 5), [['a', 1, false], ['b', 1, false], ['a', 1, true], ['a', 1, true], ['a', 1, true]]);
    });
  }

  it('the queue says what is set aside, in flight and behind; synchronize makes all of it due, set-aside first', async () => {
    const held = gate();
    const own = await startLull({ settings: { 'Delivery:Retry:Schedule': '00:05:00', 'Delivery:CircuitBreaker:Probe': '00:05:00' } });
    const answers = { a: [answer('ErrorAndSkip')], b: [answer('SkipNow')], c: [{ ...answer('Error'), hold: held.opened }] };
    const sink = await startSink((request) => answers[itemOf(request)]?.shift() ?? { status: 200 });
    const seen = await register(own, sink.url, byBody);
    await publishEach(own, ['a', 'b', 'c', 'd']);
    await sink.received(3);
    await depth(own, seen, 4);
    assert.deepEqual((await states(own, seen)).sort(), [['a', 'setAside'], ['b', 'setAside'], ['c', 'inFlight'], ['d', 'behind']]);
    held.open();
    await waitFor('the head waits', async () => (await states(own, seen)).some(([item, state]) => item === 'c' && state === 'retrying'));
    await pause(own, seen);
    expectProblem(await own.post(`/endpoints/${seen.id}/queue/retry`, { all: true }), 409);
    assert.equal(sink.requests.length, 3);
    await own.patch(`/endpoints/${seen.id}`, { enabled: true });
    expectStatus(await own.post(`/endpoints/${seen.id}/queue/retry`, { all: true }), 202);
    await sink.received(7);
    await settled(own);
    assert.deepEqual(sink.requests.slice(3).map(itemOf), ['a', 'b', 'c', 'd']);
    assert.deepEqual(sink.requests.slice(3).map(({ headers }) => headers['lull-replay'] === 'true'), [true, true, false, false]);
  });
});

suite('lanes: kinds', () => {
  afterEach(removeAll);
  let lull;
  let sink;
  before(async () => {
    sink = await startSink();
    lull = await startLull();
  });

  it('refuse what does not go together, at the property', async () => {
    for (const [telling, pointer] of [
      [{ order: 'endpoint' }, '/order'], [{ order: 'none' }, '/order'], [{ delivery: 'debounced', order: 'none' }, '/order'],
      [{ onFailure: 'stop' }, '/onFailure'], [{ ...every, onFailure: 'stop' }, '/onFailure'], [{ ...every, order: 'none', onFailure: 'stop' }, '/onFailure'],
      [{ results: 'body' }, '/results'], [{ ...every, results: 'body' }, '/results'],
      [{ delivery: 'sometimes' }, '/delivery'], [{ ...every, order: 'random' }, '/order'], [{ ...ordered, onFailure: 'cry' }, '/onFailure'],
      [{ ...ordered, results: 'headers' }, '/results'],
    ]) {
      expectProblem(await lull.post('/endpoints', { name: 'x', url: sink.url, changeTypes: 1, ...telling }), 400, pointer);
    }
    const seen = await register(lull, sink.url, { ...ordered, onFailure: 'stop' });
    expectProblem(await lull.patch(`/endpoints/${seen.id}`, { order: 'item' }), 400, '/onFailure');
  });

  it('delivery and order change while queue and letters are empty, and only then', async () => {
    let status = 422;
    const own = await startSink(() => ({ status }));
    const seen = await register(lull, own.url, every);
    const change = (telling) => lull.patch(`/endpoints/${seen.id}`, telling);
    expectStatus(await change({ order: 'endpoint' }), 200);
    expectStatus(await change({ enabled: false }), 200);
    await publishEach(lull, ['kept']);
    await depth(lull, seen, 1);
    for (const telling of [{ order: 'item' }, { delivery: 'debounced', order: 'item' }]) {
      assert.match(expectProblem(await change(telling), 409).detail, /queue\/purge|purge/);
    }
    expectStatus(await change({ onFailure: 'stop' }), 200);
    expectStatus(await change({ onFailure: 'skip', enabled: true }), 200);
    await deadLettersWhen(lull, 1, `?endpointId=${seen.id}`);
    await depth(lull, seen, 0);
    assert.match(expectProblem(await change({ order: 'none' }), 409).detail, /dead letter/);
    expectStatus(await lull.post('/dead-letters/purge', { endpointId: seen.id }), 200);
    status = 200;
    await settled(lull); // A window that is still open would be told to whoever is debounced when it fires.
    // What is still on its way from admission may hold a change up for a moment; then it is done.
    await waitFor('it is debounced', async () => (await change({ delivery: 'debounced', order: 'item' })).status === 200);
    const earlier = own.requests.length;
    await publish(lull, [assetChanged('merged'), assetChanged('merged')]);
    await own.received(earlier + 1);
    await settled(lull);
    assert.deepEqual(own.requests.slice(earlier).map(({ headers }) => headers['lull-event-count']), ['2']);
  });
});
