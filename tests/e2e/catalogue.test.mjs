// Which internal events reach whom: all 21 of them against every mask.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { bodyOf, expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Spelt out here on purpose: a test that read the service's own table would agree with any mistake in it.
const catalogue = [
  { name: 'AssetChanged', value: 1, idName: 'AssetId', events: ['AssetCreated', 'AssetDeleted',
    'AssetExternalProccessingFinished', 'AssetFolderUpdated', 'AssetLocationStateUpdated', 'AssetMetadataUpdated',
    'AssetProfilePublished', 'AssetSecurityUpdated', 'AssetUploadFinished'] },
  { name: 'MetafieldChanged', value: 2, idName: 'MetafieldId', events: ['MetafieldCreated', 'MetafieldDeleted',
    'MetafieldMetadataUpdated', 'MetafieldSecurityUpdated'] },
  { name: 'TreeValueChanged', value: 4, idName: 'TreeValueId', events: ['TreeValueCreated', 'TreeValueDeleted',
    'TreeValueMetadataUpdated', 'TreeValueSecurityUpdated'] },
  { name: 'ComboValueChanged', value: 8, idName: 'ComboValueId', events: ['ComboValueCreated', 'ComboValueDeleted',
    'ComboValueMetadataUpdated', 'ComboValueSecurityUpdated'] },
];
const masks = Array.from({ length: 15 }, (_, index) => index + 1);

suite('catalogue', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink();
    lull = await startLull();
  });

  it('lists the four built-in change types with their events', async () => {
    const reply = expectStatus(await lull.get('/change-types'), 200);
    const listed = reply.items.map(({ name, value, idName, events }) => ({ name, value, idName, events: events.slice().sort() }));
    assert.deepEqual(listed, catalogue.map((type) => ({ ...type, events: type.events.slice().sort() })));
  });

  it('refuses every spelling that is not in the catalogue, pointing at it, and stores nothing', async () => {
    for (const type of ['AssetExternalProcessingFinished', 'assetCreated', 'AssetCreated ', 'AssetChanged', '', 1, null]) {
      expectProblem(await lull.post('/events', { type, itemId: 1, baseId: 1 }), 400, '/type');
    }
    const four = ['AssetCreated', 'AssetDeleted', 'TreeValueCreated', 'AssetCreate'];
    expectProblem(await lull.post('/events', four.map((type) => ({ type, itemId: 1, baseId: 1 }))), 400, '/3/type');
    assert.deepEqual((await lull.get('/windows')).json.items, []);
    assert.equal((await lull.metrics()).value('lull_fleet_events_accepted_total'), 0);
  });

  it('tells each of the 21 events to exactly the endpoints whose mask has its bit', async () => {
    for (const mask of masks) await register(lull, `${sink.url}/mask/${mask}`, { changeTypes: mask });
    const events = catalogue.flatMap(({ value, events: types }) => types.map((type) => ({ type, value })));
    assert.equal(events.length, 21);
    events.forEach((event, index) => { event.itemId = 1000 + index; });
    const reply = await publish(lull, events.map(({ type, itemId }) => ({ type, itemId, baseId: 5 })));
    assert.equal(reply.accepted, 21);
    await sink.received(21 * 8);
    await lull.drained();
    for (const mask of masks) {
      const told = sink.at(`/mask/${mask}`).map((request) => request.body).sort();
      const expected = events.filter(({ value }) => (value & mask) !== 0).map(({ value, itemId }) => bodyOf(value, itemId, 5));
      assert.deepEqual(told, expected.sort(), `mask ${mask}`);
    }
  });

  it('can be replaced by up to 31 types of one\'s own', async () => {
    const own = Array.from({ length: 31 }, (_, bit) => (
      { Name: `Type${bit}`, Value: 2 ** bit, IdName: `Id${bit}`, Events: [`Event${bit}`] }));
    const cwd = temporaryDirectory('cwd');
    writeFileSync(join(cwd, 'appsettings.json'), JSON.stringify({ ChangeTypes: own }));
    const other = await startLull({ cwd });
    const listed = expectStatus(await other.get('/change-types'), 200).items;
    assert.deepEqual(listed.map(({ value }) => value), own.map(({ Value }) => Value));
    const endpoint = await register(other, `${sink.url}/own`, { changeTypes: 2 ** 30, idField: 'Specific' });
    assert.deepEqual(endpoint.changeTypeNames, ['Type30']);
    expectProblem(await other.post('/events', { type: 'AssetCreated', itemId: 1, baseId: 2 }), 400, '/type');
    await publish(other, [{ type: 'Event30', itemId: 1, baseId: 2 }, { type: 'Event0', itemId: 1, baseId: 2 }]);
    await sink.received(1, '/own');
    await other.drained();
    assert.deepEqual(sink.at('/own').map(({ body }) => body), [bodyOf(2 ** 30, 1, 2, 'Id30')]);
  });

  it('may lose a type: its endpoints, messages and dead letters go on and name it by its bit', async () => {
    const types = [{ Name: 'PageChanged', Value: 1, IdName: 'PageId', Events: ['PageMade'] },
      { Name: 'BlockChanged', Value: 16, IdName: 'BlockId', Events: ['BlockMade'] }];
    const cwd = temporaryDirectory('cwd');
    const dataDirectory = temporaryDirectory('data');
    const withTypes = (own) => {
      writeFileSync(join(cwd, 'appsettings.json'), JSON.stringify({ ChangeTypes: own }));
      return startLull({ cwd, dataDirectory });
    };
    let other = await withTypes(types);
    sink.answer = ({ path }) => ({ status: path === '/dead' ? 400 : 200 });
    const dead = await register(other, `${sink.url}/dead`, { changeTypes: 17 });
    const waiting = await register(other, `${sink.url}/waiting`, { changeTypes: 17, idField: 'Specific', enabled: false });
    const lost = await register(other, `${sink.url}/lost`, { changeTypes: 16, enabled: false });
    await publish(other, { type: 'BlockMade', itemId: 7, baseId: 2 });
    await deadLettersWhen(other, 1);
    assert.equal((await other.terminate()).code, 0);

    other = await withTypes(types.slice(0, 1));
    assert.match(other.output, /no longer has[^\n]*unknown \(16\)/);
    const shown = expectStatus(await other.get(`/endpoints/${waiting.id}`), 200);
    assert.deepEqual(shown.changeTypeNames, ['PageChanged', 'unknown (16)']);
    expectStatus(await other.put(`/endpoints/${dead.id}`, await other.get(`/endpoints/${dead.id}`).then(({ json }) => json)), 200);
    expectStatus(await other.patch(`/endpoints/${lost.id}`, { name: 'renamed' }), 200);
    expectStatus(await other.patch(`/endpoints/${waiting.id}`, { changeTypes: 17 }), 200);
    expectProblem(await other.patch(`/endpoints/${waiting.id}`, { changeTypes: 49 }), 400, '/changeTypes');
    assert.equal(expectStatus(await other.get(`/endpoints/${waiting.id}/queue?changeType=16`), 200).items.length, 1);
    assert.equal(expectStatus(await other.get(`/endpoints/${dead.id}/attempts`), 200).items[0].changeType, 16);
    const [letter] = expectStatus(await other.get('/dead-letters?changeType=16'), 200).items;
    assert.equal(letter.changeTypeName, 'unknown (16)');
    assert.deepEqual(expectStatus(await other.post(`/endpoints/${lost.id}/test`), 200).outcome, 'delivered');
    assert.deepEqual(sink.at('/lost').map(({ body }) => body), [bodyOf(16, 0, 0)]);
    expectStatus(await other.patch(`/endpoints/${waiting.id}`, { enabled: true }), 200);
    const [told] = await sink.received(1, '/waiting');
    assert.equal(told.body, bodyOf(16, 7, 2), 'whose member name went with the type');
    sink.answer = () => ({ status: 200 });
    expectStatus(await other.post('/dead-letters/retry', { changeType: 16 }), 202);
    await sink.received(2, '/dead');
    expectStatus(await other.patch(`/endpoints/${lost.id}`, { enabled: true }), 200);
    await other.drained();
  });
});
