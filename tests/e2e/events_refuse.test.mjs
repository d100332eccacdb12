// Publishing: what is refused, and the limits on both sides.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged } from './support/scenario.mjs';

const event = assetChanged(1);
const nested = (levels) => '['.repeat(levels) + ']'.repeat(levels);

/** [what is wrong, the member's JSON text, where the error points]; undefined leaves the member out. */
const refused = [
  ['itemId missing', { itemId: undefined }, '/itemId'],
  ['baseId missing', { baseId: undefined }, '/baseId'],
  ['type missing', { type: undefined }, '/type'],
  ...['null', 'true', '""', `"${'i'.repeat(201)}"`, '1.5', '[1]', '{}', '9223372036854775808', '-9223372036854775809', '1e300']
    .flatMap((text) => [[`itemId ${text.slice(0, 30)}`, { itemId: text }, '/itemId'], [`baseId ${text.slice(0, 30)}`, { baseId: text }, '/baseId']]),
  ...['"yesterday"', '1700000000', '"2024-02-30T00:00:00Z"', '"2024-01-01"', '"2024-01-01T00:00:00"', '""']
    .map((text) => [`occurredAt ${text}`, { occurredAt: text }, '/occurredAt']),
  ...['7', '""', '{}'].map((text) => [`id ${text}`, { id: text }, '/id']),
  ['data over 64 KiB', { data: JSON.stringify('d'.repeat(65_535)) }, '/data'],
  ['an unknown property', { itemID: '1' }, '/itemID'],
];

/** The JSON text of an event whose members are given as text, so that numbers stay as they are written. */
function textOf(change) {
  const members = { type: '"AssetCreated"', itemId: '1', baseId: '12', ...change };
  return `{${Object.entries(members).filter(([, text]) => text !== undefined).map(([name, text]) => `"${name}":${text}`).join(',')}}`;
}

suite('events: refuse', () => {
  let lull;
  before(async () => { lull = await startLull({ settings: { 'Debouncing:Interval': '00:10:00' } }); });

  for (const [what, change, pointer] of refused) {
    it(`refuses ${what}, alone and in an array`, async () => {
      expectProblem(await lull.post('/events', textOf(change)), 400, pointer);
      expectProblem(await lull.post('/events', `[${textOf({})},${textOf(change)}]`), 400, `/1${pointer}`);
    });
  }

  it('refuses bodies that are not events', async () => {
    for (const body of ['', ' ', '{', '[', 'null', '7', '"x"', '[null]', '[[]]', '[1]', `${textOf({})}${textOf({})}`, '{"type":"AssetCreated",}',
      "{'type':1}", '[{"type":"AssetCreated","itemId":1,"baseId":NaN}]']) {
      expectProblem(await lull.post('/events', body), 400);
    }
    const latin1 = Buffer.from(textOf({ itemId: '"\u00fc"' }), 'latin1');
    expectProblem(await lull.post('/events', latin1), 400);
  });

  it('refuses a property that comes twice rather than guess which one was meant', async () => {
    expectProblem(await lull.post('/events', '{"type":"AssetCreated","itemId":1,"itemId":2,"baseId":3}'), 400, '/itemId');
  });

  it('refuses more than 1,000 events', async () => {
    expectProblem(await lull.post('/events', Array.from({ length: 1001 }, () => event)), 400);
  });

  it('refuses other media types with 415', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'json']) {
      expectProblem(await lull.post('/events', JSON.stringify(event), { 'Content-Type': type }), 415);
    }
  });

  it('refuses a body over 1 MiB with 413, also when it comes chunked', async () => {
    const large = JSON.stringify({ ...event, data: 'x'.repeat(1024 * 1024) });
    expectProblem(await lull.post('/events', large), 413);
    const padded = ' '.repeat(1024 * 1024 + 1);
    expectProblem(await lull.post('/events', padded, { 'Transfer-Encoding': 'chunked' }), 413);
  });

  it('refuses JSON deeper than 64, however deep', async () => {
    expectProblem(await lull.post('/events', textOf({ data: nested(64) })), 400);
    expectProblem(await lull.post('/events', nested(100_000)), 400);
    expectProblem(await lull.post('/events', '{"a":'.repeat(100_000)), 400);
  });

  it('has stored nothing of all that', async () => {
    assert.deepEqual((await lull.get('/windows')).json.items, []);
    assert.equal((await lull.metrics()).value('lull_fleet_events_accepted_total'), 0);
    assert.equal((await lull.metrics()).value('lull_fleet_windows_open'), 0);
  });

  it('takes the limits themselves', async () => {
    for (const change of [{ data: nested(63) }, { data: JSON.stringify('d'.repeat(65_534)) }, { itemId: `"${'i'.repeat(200)}"` },
      { baseId: `"${'ü'.repeat(200)}"` }, { itemId: '9223372036854775807' }, { itemId: '-9223372036854775808' }, { itemId: '0' },
      { occurredAt: '"2024-02-29T23:59:59.999999Z"' }, { data: 'null' }, { data: '0.1' }]) {
      expectStatus(await lull.post('/events', textOf(change)), 202);
    }
    const full = `[${Array.from({ length: 15 }, () => textOf({ data: JSON.stringify('d'.repeat(60_000)) })).join(',')}]`;
    expectStatus(await lull.post('/events', full.padEnd(1024 * 1024, ' ')), 202);
  });
});
