// Which events an endpoint is told of, beyond its change types: a newsroom whose entries have many fields, and integrations that care about some.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, endpointWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const newsroom = [
  { Name: 'EntryChanged', Value: 1, IdName: 'EntryId', Events: ['EntryCreated', 'EntryUpdated', 'EntryMoved', 'EntryDeleted'] },
  { Name: 'ContactChanged', Value: 2, IdName: 'ContactId', Events: ['ContactUpdated'] },
];
const fields = ['title', 'status', 'note', 'assignedUsers', 'deadline', 'channels', 'publicationDate', 'wordCount', 'priority'];
const unlisted = ['internalRemark', 'lockedBy', 'lastOpenedAt'];

let items = 1000;
const update = (changedFields, more = {}) => ({ type: 'EntryUpdated', itemId: ++items, baseId: 1, ...(changedFields && { changedFields }), ...more });
const itemOf = ({ body }) => JSON.parse(body).Data.ItemId;

suite('filters', () => {
  let lull;
  let sink;
  const made = [];
  before(async () => {
    sink = await startSink();
    const cwd = temporaryDirectory('cwd');
    writeFileSync(join(cwd, 'appsettings.json'), JSON.stringify({ ChangeTypes: newsroom }));
    lull = await startLull({ cwd, settings: { 'Debouncing:Interval': '00:10:00' } });
  });

  async function registered(path, filter, more = {}) {
    const endpoint = await register(lull, `${sink.url}${path}`, { changeTypes: 1, filter, ...more });
    made.push(endpoint.id);
    return endpoint;
  }

  /** Everything that is due has been sent: windows are closed, queues are empty. */
  async function settle() {
    expectStatus(await lull.post('/windows/flush', {}), 200);
    await waitFor('windows and queues are empty', async () => {
      const open = await all(lull, '/windows');
      return open.length === 0 && (await all(lull, '/endpoints')).every(({ queueDepth }) => queueDepth === 0);
    });
  }
  async function removeAll() {
    for (const id of made.splice(0)) expectStatus(await lull.delete(`/endpoints/${id}`), 204);
  }
  const told = (path) => sink.requests.filter((request) => request.path === path).map(itemOf);

  for (const delivery of ['every', 'debounced']) {
    it(`tell of a change of each listed field, and of no other (${delivery})`, async () => {
      const expected = new Map();
      for (const field of fields) {
        const path = `/${delivery}/${field}`;
        await registered(path, { fields: [field] }, { delivery });
        expected.set(path, []);
      }
      const events = [];
      for (const field of [...fields, ...unlisted]) {
        const event = update([field]);
        events.push(event);
        expected.get(`/${delivery}/${field}`)?.push(event.itemId);
      }
      // Create and delete always, and what nobody named; two listed fields in one event tell each once.
      const always = [update(['lockedBy'], { type: 'EntryCreated' }), update(['lockedBy'], { type: 'EntryDeleted' }),
        update(['lockedBy'], { operation: 'delete' }), update(undefined)];
      const both = update(['title', 'lockedBy', 'status']);
      const empty = update([]);
      const last = update(['lockedBy'], { type: 'EntryCreated' });
      always.push(last);
      events.push(both, empty, ...always);
      for (const list of expected.values()) list.push(...always.map(({ itemId }) => itemId));
      for (const field of ['title', 'status']) expected.get(`/${delivery}/${field}`).push(both.itemId);
      await publish(lull, events);
      // Windows wait until they are flushed; the stream has been given out when its last event has come.
      if (delivery === 'every') await waitFor('the last event has come', () => told('/every/title').includes(last.itemId));
      await settle();
      for (const [path, list] of expected) {
        await sink.received(list.length, path);
        assert.deepEqual(told(path).sort(), list.sort(), path);
      }
      await removeAll();
    });
  }

  it('want one of their scopes, events and operations, all of them together', async () => {
    const filters = {
      scope: { scopes: ['AA', 'BB'] },
      event: { events: ['EntryMoved', 'EntryCreated'] },
      operation: { operations: ['delete'] },
      all: { scopes: ['AA'], events: ['EntryUpdated'], operations: ['update'], fields: ['title'] },
    };
    for (const [name, filter] of Object.entries(filters)) await registered(`/parts/${name}`, filter, { delivery: 'every' });
    const rows = [
      [update(['title'], { scope: 'AA' }), ['scope', 'all']],
      [update(['title'], { scope: 'BB' }), ['scope']],
      [update(['title'], { scope: 'A' }), []],
      [update(['title']), []],
      [update(['note'], { scope: 'AA' }), ['scope']],
      [update(['title'], { type: 'EntryMoved', scope: 'CC' }), ['event']],
      [update([], { type: 'EntryCreated', scope: 'AA' }), ['scope', 'event']],
      [update([], { type: 'EntryDeleted' }), ['operation']],
      [update([], { operation: 'delete', scope: 'AA' }), ['scope', 'operation']],
    ];
    await publish(lull, rows.map(([event]) => event));
    for (const name of Object.keys(filters)) {
      const expected = rows.filter(([, names]) => names.includes(name)).map(([event]) => event.itemId);
      await sink.received(expected.length, `/parts/${name}`);
    }
    await settle();
    for (const name of Object.keys(filters)) {
      assert.deepEqual(told(`/parts/${name}`), rows.filter(([, names]) => names.includes(name)).map(([event]) => event.itemId), name);
    }
    await removeAll();
  });

  it('let a window pass of which one event passes, and one that has more than can be kept', async () => {
    await registered('/windows', { fields: ['title'] });
    const mixed = update(['note']);
    const out = update(['note']);
    const many = update(undefined).itemId;
    const names = (from, to) => Array.from({ length: to - from }, (_, i) => `field ${from + i}`);
    await publish(lull, [mixed, { ...mixed, changedFields: ['title'] }, { ...mixed, changedFields: ['status'] }, out, { ...out, changedFields: ['status'] }]);
    await publish(lull, [{ ...out, itemId: many, changedFields: names(0, 150) }, { ...out, itemId: many, changedFields: names(150, 300) }]);
    await settle();
    await sink.received(2, '/windows');
    const requests = sink.requests.filter(({ path }) => path === '/windows');
    assert.deepEqual(requests.map(itemOf).sort(), [mixed.itemId, many].sort());
    const [whole] = requests.filter((request) => itemOf(request) === mixed.itemId);
    assert.equal(whole.headers['lull-event-count'], '3');
    await removeAll();
  });

  it('are applied to what stands behind when they change', async () => {
    const refusing = await startSink(({ path }) => ({ status: path === '/behind' ? 503 : 200 }));
    const endpoint = await register(lull, `${refusing.url}/behind`, { changeTypes: 1, delivery: 'every', order: 'endpoint' });
    made.push(endpoint.id);
    const [head, kept, given] = [update(['title']), update(['title']), update(['note'])];
    await publish(lull, [head, given, kept]);
    await refusing.received(1, '/behind');
    await endpointWhen(lull, endpoint.id, 'all three are queued', ({ queueDepth }) => queueDepth === 3);
    expectStatus(await lull.patch(`/endpoints/${endpoint.id}`, { filter: { fields: ['title'] }, url: `${refusing.url}/works` }), 200);
    expectStatus(await lull.post(`/endpoints/${endpoint.id}/queue/retry`, { all: true }), 202);
    const arrived = await refusing.received(2, '/works');
    assert.deepEqual(arrived.map(itemOf), [head.itemId, kept.itemId]);
    await endpointWhen(lull, endpoint.id, 'nothing is queued', ({ queueDepth }) => queueDepth === 0);
    assert.equal(refusing.requests.filter((request) => itemOf(request) === given.itemId).length, 0);
    await removeAll();
  });

  it('are explained without telling anybody', async () => {
    const wide = await registered('/explained/wide', null);
    const narrow = await registered('/explained/narrow', { fields: ['title'] });
    const other = await registered('/explained/other', null, { changeTypes: 2 });
    const before = expectStatus(await lull.get('/stats'), 200);
    const windows = (await all(lull, '/windows')).length;
    const { items: rows, operation } = expectStatus(await lull.post('/events/explain', update(['note'])), 200);
    assert.equal(operation, 'update');
    const of = ({ id }) => rows.find(({ endpointId }) => endpointId === id);
    assert.deepEqual([of(wide), of(narrow), of(other)].map(({ told: isTold, reason }) => [isTold, reason]), [[true, null], [false, 'filter'], [false, 'mask']]);
    assert.equal(of(narrow).detail, 'Its filter wants updates of the fields title; this one changed note.');
    assert.equal((await all(lull, '/windows')).length, windows);
    assert.equal(expectStatus(await lull.get('/stats'), 200).accepted, before.accepted);
    await removeAll();
  });

  it('with names that nobody knows are refused', async () => {
    const problem = expectProblem(await lull.post('/endpoints',
      { name: 'n', url: `${sink.url}/x`, changeTypes: 1, filter: { events: ['EntryUpdatd'], operations: ['created'], feilds: [] } }), 400);
    assert.deepEqual(problem.errors.map(({ pointer }) => pointer).sort(), ['/filter/events/0', '/filter/feilds', '/filter/operations/0']);
    for (const { detail } of problem.errors) assert.match(detail, /nearest is (EntryUpdated|create|fields)\./);
  });
});
