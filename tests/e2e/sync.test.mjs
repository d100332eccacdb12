// Endpoints with `delivery: sync`: called within the request that publishes the event, after the commit and before the reply.
import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, it } from 'node:test';
import { HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { suite } from './support/cleanup.mjs';
import { bodyOf, expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { all, assetChanged, deadLettersWhen, endpoint, endpointWhen, publish, register as registerFor, registrations } from './support/scenario.mjs';
import { gate, startSink } from './support/sink.mjs';

const sync = { delivery: 'sync' };
const byBody = { ...sync, results: 'body' };
const never = new Promise(() => {});
const answer = (result) => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ result }) });
const itemOf = ({ body }) => JSON.parse(body).Data.ItemId;
const idOf = ({ headers }) => headers['webhook-id'];
const pathsOf = (sink) => sink.requests.map(({ path }) => path);
const endsOf = ({ sync: calls }) => calls.map(({ endpointId, outcome, status, result }) => [endpointId, outcome, status, result]);
const counted = ['created', 'delivered', 'superseded', 'dead_lettered', 'cancelled', 'pending'];
const counts = async (lull) => {
  const metrics = await lull.metrics();
  return counted.map((name) => metrics.value(`lull_fleet_notifications_${name}${name === 'pending' ? '' : '_total'}`));
};

const { register, removeAll } = registrations();

suite('sync: calls', () => {
  afterEach(removeAll);
  let lull;
  let sink;
  let answers;
  before(async () => { lull = await startLull({ settings: { 'Delivery:SyncDeadline': '00:00:01', 'FormatValues:Source': '/dam' } }); });
  beforeEach(async () => {
    answers = {};
    sink = await startSink(({ path }) => answers[path] ?? { status: 200 });
  });

  it('an event is with its receivers before the reply, signed and whole, by position and then by registration', async () => {
    const last = await register(lull, `${sink.url}/last`, { ...sync, position: 2 });
    const second = await register(lull, `${sink.url}/second`, { ...sync, position: 1 });
    const third = await register(lull, `${sink.url}/third`, { ...sync, position: 1, changeTypes: 1 });
    const first = await register(lull, `${sink.url}/first`, sync);
    await register(lull, `${sink.url}/other`, { ...sync, changeTypes: 2 });
    assert.deepEqual([first.position, last.position, (await register(lull, sink.url)).position], [0, 2, null]);

    const receipt = await publish(lull, [assetChanged(1), assetChanged(2)]);
    assert.deepEqual(pathsOf(sink), ['/first', '/second', '/third', '/last', '/first', '/second', '/third', '/last']);
    const order = [first, second, third, last].map(({ id }) => id);
    assert.deepEqual(receipt.sync.map(({ endpointId, sequence }) => [endpointId, sequence]),
      receipt.sequences.flatMap((sequence) => order.map((id) => [id, sequence])));
    for (const call of receipt.sync) {
      assert.deepEqual(Object.keys(call).sort(), ['durationMs', 'endpointId', 'outcome', 'result', 'sequence', 'status']);
      assert.deepEqual([call.outcome, call.status, call.result], ['delivered', 200, null]);
      assert.ok(Number.isInteger(call.durationMs) && call.durationMs >= 0);
    }
    const [told] = sink.requests;
    assert.equal(told.body, bodyOf(1, 1, 12));
    assert.deepEqual(['lull-attempt', 'lull-event-count', 'lull-sequence', 'lull-replay', 'lull-test'].map((name) => told.headers[name]),
      ['1', '1', `${receipt.sequences[0]}`, undefined, undefined]);
    const { secret } = expectStatus(await lull.get(`/endpoints/${first.id}/secret`), 200);
    new Webhook(secret).verify(told.body, told.headers);
    assert.equal(new Set(sink.requests.map(idOf)).size, 8, 'an id for each');
  });

  it('nobody wants the event: the reply is as ever', async () => {
    await register(lull, sink.url, { ...sync, changeTypes: 2 });
    assert.deepEqual(Object.keys(await publish(lull, assetChanged(1))).sort(), ['accepted', 'duplicates', 'sequences']);
    assert.deepEqual(sink.requests, []);
  });

  it('its filter says which events it is called for', async () => {
    const { id } = await register(lull, sink.url, { ...sync, filter: { operations: ['delete'] } });
    assert.equal((await publish(lull, assetChanged(1))).sync, undefined);
    const receipt = await publish(lull, [assetChanged(2), { type: 'AssetDeleted', itemId: 2, baseId: 12 }]);
    assert.deepEqual(receipt.sync.map(({ endpointId, sequence }) => [endpointId, sequence]), [[id, receipt.sequences[1]]]);
    assert.equal(sink.requests.length, 1);
  });

  it('it has the format of its endpoint, with the data of the event', async () => {
    await register(lull, sink.url, { ...sync, format: 'CloudEvents' });
    await publish(lull, assetChanged('é', { data: { a: [1] } }));
    const [{ body, headers }] = sink.requests;
    const { id, subject, data } = HTTP.toEvent({ headers, body });
    assert.deepEqual([id, subject, data], [headers['webhook-id'], 'é', { a: [1] }]);
  });

  for (const [result, goesOn] of [['OK', true], ['Error', false], ['ErrorAndSkip', true], ['SkipNow', true], ['Unheard of', false]]) {
    it(`the first of two answers ${result}: who is called, what is replied, and nothing is stored`, async () => {
      const before = await counts(lull);
      const first = await register(lull, `${sink.url}/first`, byBody);
      const second = await register(lull, `${sink.url}/second`, sync);
      answers['/first'] = answer(result);
      const receipt = await publish(lull, [assetChanged('a'), assetChanged('b')]);
      const said = result === 'Unheard of' ? 'Error' : result;
      const ends = [first.id, said === 'OK' ? 'delivered' : 'retryable', 200, said];
      const both = [ends, ...(goesOn ? [[second.id, 'delivered', 200, null]] : [])];
      assert.deepEqual(endsOf(receipt), [...both, ...both], 'the second event goes on whatever the first brought');
      assert.deepEqual(pathsOf(sink), both.concat(both).map(([id]) => (id === first.id ? '/first' : '/second')));

      await lull.drained();
      assert.deepEqual(await counts(lull), before);
      for (const { id } of [first, second]) {
        assert.deepEqual(await all(lull, `/endpoints/${id}/queue`), []);
        assert.deepEqual(await all(lull, `/dead-letters?endpointId=${id}`), []);
        assert.equal((await endpoint(lull, id)).queueDepth, 0);
      }
      const attempts = await all(lull, `/endpoints/${first.id}/attempts`);
      assert.deepEqual(attempts.map(({ itemId, attempt, outcome, status, result: seen }) => [itemId, attempt, outcome, status, seen]),
        [['b', 1, ends[1], 200, said], ['a', 1, ends[1], 200, said]]);
      assert.deepEqual(attempts.map(({ messageId }) => messageId), sink.at('/first').map(idOf).reverse());
      assert.equal((await all(lull, `/endpoints/${second.id}/attempts`)).length, goesOn ? 2 : 0);
      assert.equal(sink.requests.length, both.length * 2, 'nothing comes again');
    });
  }

  it('with results by status whatever fails goes on; the endpoint shows how it ended, and there is no breaker', async () => {
    const first = await register(lull, `${sink.url}/first`, sync);
    const second = await register(lull, `${sink.url}/second`, sync);
    const before = (await lull.metrics()).value('lull_attempts_total', { outcome: 'retryable' });
    answers['/first'] = { status: 503, headers: { 'Retry-After': '60' }, body: 'no' };
    for (let item = 1; item <= 7; item += 1) {
      assert.deepEqual(endsOf(await publish(lull, assetChanged(item))), [[first.id, 'retryable', 503, null], [second.id, 'delivered', 200, null]]);
    }
    const failing = await endpoint(lull, first.id);
    assert.deepEqual([failing.health, failing.consecutiveFailures, failing.lastSuccessAt], ['failing', 7, null]);
    assert.equal((await lull.metrics()).value('lull_attempts_total', { outcome: 'retryable' }) - before, 7);
    answers['/first'] = { status: 200 };
    await publish(lull, assetChanged(8));
    const { health, consecutiveFailures, lastSuccessAt } = await endpoint(lull, first.id);
    assert.deepEqual([health, consecutiveFailures], ['healthy', 0]);
    assert.notEqual(lastSuccessAt, null);
  });

  it('receivers that hang cost the request no more than Delivery:SyncDeadline', async () => {
    const made = [];
    for (const path of ['hangs', 'next', 'last']) made.push((await register(lull, `${sink.url}/${path}`, sync)).id);
    answers['/hangs'] = { status: 200, hold: never };
    const began = performance.now();
    const receipt = await publish(lull, [assetChanged(1), assetChanged(2)]);
    const took = performance.now() - began;
    assert.deepEqual(receipt.sync.map(({ endpointId, outcome, status }) => [endpointId, outcome, status]),
      [[made[0], 'retryable', null], ...[made[1], made[2], ...made].map((id) => [id, 'deadline', null])]);
    assert.ok(took >= 900 && took < 3_000, `${took} ms`);
    assert.deepEqual(pathsOf(sink), ['/hangs']);
  });

  it('a repeat calls again under the same webhook-id, which no other event has', async () => {
    await register(lull, sink.url, sync);
    const event = assetChanged(1, { id: `repeated-${Date.now()}` });
    const once = await publish(lull, event);
    const again = await publish(lull, event);
    await publish(lull, assetChanged(1));
    assert.deepEqual([again.duplicates, again.accepted, again.sequences], [1, 0, once.sequences]);
    assert.deepEqual(again.sync.map(({ sequence }) => sequence), once.sequences);
    const [first, second, other] = sink.requests.map(idOf);
    assert.equal(first, second);
    assert.notEqual(first, other);
  });

  it('paused endpoints are skipped and named; one that answers 410 is paused', async () => {
    const paused = await register(lull, `${sink.url}/paused`, { ...sync, enabled: false });
    const gone = await register(lull, `${sink.url}/gone`, sync);
    answers['/gone'] = { status: 410 };
    const skipped = [paused.id, 'skipped', null, null];
    assert.deepEqual(endsOf(await publish(lull, [assetChanged(1), assetChanged(2)])),
      [skipped, [gone.id, 'gone', 410, null], skipped, [gone.id, 'skipped', null, null]]);
    const { enabled, pausedReason } = await endpoint(lull, gone.id);
    assert.deepEqual([enabled, pausedReason], [false, 'gone']);
    expectStatus(await lull.patch(`/endpoints/${paused.id}`, { enabled: true }), 200);
    assert.deepEqual(endsOf(await publish(lull, assetChanged(3))).map(([, outcome]) => outcome), ['delivered', 'skipped']);
    assert.deepEqual(pathsOf(sink), ['/gone', '/paused']);
  });

  it('more than ten events for such endpoints are refused, and nothing is admitted', async () => {
    await register(lull, sink.url, sync);
    const before = (await lull.metrics()).value('lull_fleet_events_accepted_total');
    const items = (count) => Array.from({ length: count }, (_, index) => assetChanged(index));
    expectProblem(await lull.post('/events', items(11)), 400, '');
    const lines = items(11).map((one) => JSON.stringify(one)).join('\n');
    expectProblem(await lull.post('/events', lines, { 'Content-Type': 'application/x-ndjson' }), 400, '');
    assert.equal((await lull.metrics()).value('lull_fleet_events_accepted_total'), before);
    assert.deepEqual(sink.requests, []);
    assert.equal((await publish(lull, items(10))).sync.length, 10);
  });

  it('a registration is changed and taken back; position goes with the delivery', async () => {
    const made = await register(lull, sink.url, { ...byBody, position: 3 });
    const { id } = made;
    const { etag } = (await lull.get(`/endpoints/${id}`)).headers;
    assert.deepEqual([made.delivery, made.results, made.position], ['sync', 'body', 3]);
    expectStatus(await lull.put(`/endpoints/${id}`, made), 200);
    assert.equal((await lull.get(`/endpoints/${id}`)).headers.etag, etag, 'GET and PUT change nothing');
    assert.equal(expectStatus(await lull.patch(`/endpoints/${id}`, { position: 7 }), 200).position, 7);
    assert.notEqual((await lull.get(`/endpoints/${id}`)).headers.etag, etag);
    expectProblem(await lull.patch(`/endpoints/${id}`, { delivery: 'debounced' }), 400, '/results');
    expectProblem(await lull.patch(`/endpoints/${id}`, { delivery: 'debounced', results: 'status', position: 0 }), 400, '/position');
    const back = expectStatus(await lull.patch(`/endpoints/${id}`, { delivery: 'debounced', results: 'status' }), 200);
    assert.deepEqual([back.delivery, back.position], ['debounced', null]);
    expectStatus(await lull.put(`/endpoints/${id}`, back), 200);
    assert.equal(expectStatus(await lull.patch(`/endpoints/${id}`, sync), 200).position, 0);
    assert.equal(expectStatus(await lull.post(`/endpoints/${id}/test`), 200).outcome, 'delivered');
    assert.deepEqual(expectStatus(await lull.post(`/endpoints/${id}/queue/retry`, { all: true }), 202), { retried: 0 });
  });
});

suite('sync: beside what is stored', () => {
  afterEach(removeAll);
  let lull;
  before(async () => { lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:01' } }); });

  it('other endpoints get theirs, whatever the calls bring', async () => {
    const sink = await startSink(({ path }) => ({ status: path === '/sync' ? 500 : 200 }));
    await register(lull, `${sink.url}/sync`, sync);
    await register(lull, `${sink.url}/debounced`);
    await register(lull, `${sink.url}/every`, { delivery: 'every', order: 'endpoint' });
    const sequences = [];
    for (const item of ['a', 'b', 'a']) sequences.push(...(await publish(lull, assetChanged(item))).sequences);
    await sink.received(2, '/debounced');
    await sink.received(3, '/every');
    await lull.drained();
    const numbers = (path) => sink.at(path).map(({ headers }) => Number(headers['lull-sequence']));
    assert.deepEqual(numbers('/sync'), sequences);
    assert.deepEqual(numbers('/every'), sequences);
    assert.deepEqual(numbers('/debounced').sort((a, b) => a - b), sequences.slice(1));
  });

  it('a debounced endpoint that turns there and back gets what it is owed and nothing that was accepted meanwhile', async () => {
    const sink = await startSink();
    const { id } = await register(lull, sink.url);
    const stored = () => sink.requests.filter((request) => !idOf(request).endsWith('s'));
    await publish(lull, [assetChanged('owed'), assetChanged('both')]);
    expectStatus(await lull.patch(`/endpoints/${id}`, sync), 200);
    await publish(lull, [assetChanged('both'), assetChanged('meanwhile')]);
    assert.deepEqual(sink.requests.map(itemOf), ['both', 'meanwhile'], 'by calls');
    await sink.received(4);
    await lull.drained();
    assert.deepEqual(stored().map(itemOf).sort(), ['both', 'owed'], 'from the windows of before');

    await publish(lull, [assetChanged('last')]);
    expectStatus(await lull.patch(`/endpoints/${id}`, { delivery: 'debounced' }), 200);
    await publish(lull, assetChanged('after'));
    await sink.received(6);
    await lull.drained();
    assert.deepEqual(sink.requests.slice(4).map(itemOf), ['last', 'after']);
    assert.deepEqual(stored().map(itemOf).sort(), ['after', 'both', 'owed'], '"last" was told by a call alone');
    assert.equal(new Set(sink.requests.map(idOf)).size, 6);
  });

  it('it turns only while its queue and its dead letters are empty', async () => {
    let status = 422;
    const sink = await startSink(() => ({ status }));
    const { id } = await register(lull, sink.url);
    await publish(lull, assetChanged('fails'));
    const [letter] = await deadLettersWhen(lull, 1, `?endpointId=${id}`);
    assert.match(expectProblem(await lull.patch(`/endpoints/${id}`, sync), 409).detail, /1 dead letter/);
    status = 200;
    expectStatus(await lull.post(`/dead-letters/${letter.id}/retry`), 202);
    await endpointWhen(lull, id, 'it is empty', ({ queueDepth, lastSuccessAt }) => queueDepth === 0 && lastSuccessAt);
    expectStatus(await lull.patch(`/endpoints/${id}`, sync), 200);
    assert.deepEqual(endsOf(await publish(lull, assetChanged('called'))), [[id, 'delivered', 200, null]]);
  });
});

suite('sync: faults', () => {
  it('64 requests may wait; the next is refused before its commit', async () => {
    const held = gate();
    const sink = await startSink(() => ({ status: 200, hold: held.opened }));
    const lull = await startLull({ settings: { 'Delivery:SyncDeadline': '00:01:00', 'Delivery:Timeout': '00:01:00' } });
    await registerFor(lull, sink.url, { ...sync, changeTypes: 1 });
    const waiting = Array.from({ length: 64 }, (_, item) => lull.post('/events', assetChanged(item), {}, { timeout: 50_000 }));
    await sink.received(64);
    const refused = await lull.post('/events', assetChanged('one more'));
    expectProblem(refused, 503);
    assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
    await publish(lull, { type: 'ComboValueCreated', itemId: 1, baseId: 1 });
    assert.equal((await lull.metrics()).value('lull_fleet_events_accepted_total'), 65, 'the refused one is not among them');
    held.open();
    for (const reply of await Promise.all(waiting)) assert.equal(expectStatus(reply, 202).sync.length, 1);
    expectStatus(await lull.post('/events', assetChanged('one more')), 202);
  });

  it('a commit that fails: nobody is called', async () => {
    const sink = await startSink();
    const redis = await startRedis();
    const lull = await startLull({ redis });
    await registerFor(lull, sink.url, sync);
    await publish(lull, assetChanged('goes well'));
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    expectProblem(await lull.post('/events', assetChanged('is refused')), 503);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await redis.kill();
    expectProblem(await lull.post('/events', assetChanged('is unknown')), 503);
    assert.deepEqual(sink.requests.map(itemOf), ['goes well']);
  });

  it('a Redis that dies during the calls breaks no 202', async () => {
    const redis = await startRedis();
    let killed;
    const sink = await startSink(({ path }) => {
      if (path === '/first') killed ??= redis.kill();
      return { status: 200, hold: killed };
    });
    const lull = await startLull({ redis });
    const made = [await registerFor(lull, `${sink.url}/first`, sync), await registerFor(lull, `${sink.url}/second`, sync)];
    assert.deepEqual(endsOf(await publish(lull, assetChanged(1))), made.map(({ id }) => [id, 'delivered', 200, null]));
    await redis.start();
    await lull.ready();
  });

  it('registrations and pauses of another instance count at once', async () => {
    const sink = await startSink();
    const redis = await startRedis();
    const [one, two] = await Promise.all([startLull({ redis }), startLull({ redis })]);
    const { id } = await registerFor(one, sink.url, sync);
    assert.deepEqual(endsOf(await publish(two, assetChanged(1))), [[id, 'delivered', 200, null]]);
    expectStatus(await one.patch(`/endpoints/${id}`, { enabled: false }), 200);
    assert.deepEqual(endsOf(await publish(two, assetChanged(2))), [[id, 'skipped', null, null]]);
    expectProblem(await two.post('/events', Array.from({ length: 11 }, (_, item) => assetChanged(item))), 400, '');
    expectStatus(await one.delete(`/endpoints/${id}`), 204);
    assert.equal((await publish(two, Array.from({ length: 11 }, (_, item) => assetChanged(item)))).sync, undefined);
    assert.equal(sink.requests.length, 1);
  });

  it('SIGTERM while a receiver hangs: the publisher gets its 202 and the process ends by Shutdown:Deadline', async () => {
    const sink = await startSink(() => ({ status: 200, hold: never }));
    const lull = await startLull({ settings: { 'Shutdown:Deadline': '00:00:02', 'Delivery:SyncDeadline': '00:01:00', 'Delivery:Timeout': '00:00:02' } });
    const { id } = await registerFor(lull, `${sink.url}/first`, { ...sync, timeout: '00:01:00' });
    const other = await registerFor(lull, `${sink.url}/second`, sync);
    const published = lull.post('/events', assetChanged(1));
    await sink.received(1);
    const { code, ms } = await lull.terminate();
    assert.equal(code, 0);
    assert.ok(ms < 4_000, `it took ${ms} ms`);
    const ends = endsOf(expectStatus(await published, 202));
    assert.deepEqual(ends.map(([endpointId, outcome]) => [endpointId, outcome]), [[id, 'retryable'], [other.id, 'released']]);
    assert.equal(sink.requests.length, 1);
  });
});
