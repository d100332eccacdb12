// CloudEvents in: what their SDK sends, the commands of docs/cloudevents.md, and what Lull itself sends out.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { promisify } from 'node:util';
import { CloudEvent, HTTP } from 'cloudevents';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { request } from './support/http.mjs';
import { repository, startLull } from './support/lull.mjs';
import { blocksOf } from './support/readme.mjs';
import { register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

/** What the SDK makes of events, by mode: messages of `{headers, body}`. It has no function for batches. */
const modes = {
  structured: (events) => events.map((event) => HTTP.structured(event)),
  batched: (events) => [{ headers: { 'content-type': 'application/cloudevents-batch+json' }, body: JSON.stringify(events) }],
  // It sends an event without data as JSON without a body, and leaves the encoding of headers to its caller.
  binary: (events) => events.map((event) => HTTP.binary(event.cloneWith({ subject: encodeURIComponent(event.subject) }))),
};

suite('CloudEvents in', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink();
    lull = await startLull({ settings: { 'FormatValues:Source': '/lull/test' } });
  });

  /** With exactly these headers. */
  const send = ({ headers, body }) => request('POST', `${lull.origin}/api/v1/events`, { headers, body });

  /** What an endpoint that takes every change got, as events of the SDK. */
  async function received(count, path) {
    return (await sink.received(count, path)).map(({ headers, body }) => HTTP.toEvent({ headers, body }));
  }

  it('are read as their SDK sends them, in three modes, with data of every kind', async () => {
    const kinds = [{ baseId: 12, title: 'Høst', list: [1, null] }, [1, 'two'], undefined];
    const made = kinds.map((data, index) => new CloudEvent({
      source: '/sdk', id: `sdk-${index}`, type: 'AssetMetadataUpdated', subject: `blå "${index}" 100%`, time: '2026-11-23T21:19:06.120Z',
      changedfields: 'title', scope: 'AA', operation: 'create', comexampleextension: 'passed over', data }));
    for (const [mode, messages] of Object.entries(modes)) {
      const path = `/sdk/${mode}`;
      const endpoint = await register(lull, `${sink.url}${path}`, { format: 'CloudEvents', delivery: 'every', order: 'endpoint' });
      // With a source of their own: else they would be the events of the mode before.
      const events = made.map((event) => event.cloneWith({ source: path }));
      for (const message of messages(events)) expectStatus(await send(message), 202);
      const told = (await received(kinds.length, path)).map(({ type, subject, time, data }) => ({ type, subject, time, data: data ?? undefined }));
      assert.deepEqual(told, made.map(({ type, subject, time, data }) => ({ type, subject, time, data })), mode);
      expectStatus(await lull.delete(`/endpoints/${endpoint.id}`), 204);
    }
  });

  it('map number and text, base, operation and scope', async () => {
    const body = (subject, more = {}) => ({ specversion: '1.0', id: `map-${subject}`, source: '/map', type: 'AssetCreated', subject, ...more });
    await register(lull, `${sink.url}/map`, { delivery: 'every', order: 'endpoint' });
    const structured = { 'Content-Type': 'application/cloudevents+json' };
    expectStatus(await lull.post('/events', body('4711', { data: { baseId: 12 } }), structured), 202);
    expectStatus(await lull.post('/events', body('007', { data: { baseId: 'b' }, operation: 'delete', scope: 'AA' }), structured), 202);
    expectStatus(await lull.post('/events', body('-5'), structured), 202);
    assert.deepEqual((await sink.received(3, '/map')).map((one) => JSON.parse(one.body)), [
      { ChangeType: 1, Data: { ItemId: 4711, BaseId: 12 } },
      { ChangeType: 1, Data: { ItemId: 7, BaseId: 'b' } },
      { ChangeType: 1, Data: { ItemId: '-5', BaseId: '-5' } },
    ]);
  });

  it('are the same event in whichever mode they come, and never one of a plain id', async () => {
    const event = new CloudEvent({ source: '/again', id: 'again-1', type: 'AssetCreated', subject: 'again' });
    const replies = [];
    for (const messages of Object.values(modes)) {
      for (const message of messages([event])) replies.push(expectStatus(await send(message), 202));
    }
    assert.deepEqual(replies.map(({ accepted, duplicates }) => [accepted, duplicates]), [[1, 0], [0, 1], [0, 1]]);
    assert.equal(new Set(replies.map(({ sequences }) => sequences[0])).size, 1);
    const plain = expectStatus(await lull.post('/events', { type: 'AssetCreated', itemId: 'again', baseId: 'again', id: 'again-1' }), 202);
    assert.equal(plain.accepted, 1);
    const elsewhere = expectStatus(await send(HTTP.structured(event.cloneWith({ source: '/elsewhere' }))), 202);
    assert.equal(elsewhere.accepted, 1);
  });

  it('of a batch are admitted all or none, in their order', async () => {
    const batch = Array.from({ length: 5 }, (_, index) => ({ specversion: '1.0', id: `b-${index}`, source: '/batch', type: 'AssetCreated', subject: `batch-${index}` }));
    const [bad] = modes.batched(batch.map((event, index) => (index === 3 ? { ...event, subject: '' } : event)));
    expectProblem(await send(bad), 400, '/3/subject');
    assert.deepEqual(expectStatus(await lull.get('/windows?itemId=batch-0'), 200).items, []);
    const reply = expectStatus(await send(modes.batched(batch)[0]), 202);
    assert.equal(reply.accepted, 5, 'the refused batch has taken none of the ids');
    reply.sequences.reduce((before, after) => { assert.ok(after > before); return after; });
    assert.deepEqual(expectStatus(await send(modes.batched([])[0]), 202), { accepted: 0, duplicates: 0, sequences: [] });
  });

  it('are what Lull sends out, in both of its formats', async () => {
    for (const format of ['CloudEvents', 'CloudEventsBinary']) {
      const out = `/out/${format}`;
      const endpoint = await register(lull, `${sink.url}${out}`, { format, delivery: 'every', order: 'endpoint' });
      const published = [
        { type: 'AssetCreated', itemId: 'blå "7" 50%25', baseId: 'blå "7" 50%25', occurredAt: '2026-11-23T21:19:06.12Z', data: { baseId: 'blå "7" 50%25', n: [1.5] } },
        { type: 'MetafieldDeleted', itemId: 9007199254, baseId: 9007199254, data: ['a', null] },
        { type: 'TreeValueCreated', itemId: '-7', baseId: '-7' },
      ];
      expectStatus(await lull.post('/events', published), 202);
      const sent = await sink.received(published.length, out);
      // They come back as new events, whose source is Lull and whose id is that of the message.
      const replies = [];
      for (const { headers, body } of sent.slice(0, published.length)) {
        const names = Object.keys(headers).filter((name) => name.startsWith('ce-') || name === 'content-type');
        replies.push(expectStatus(await send({ headers: Object.fromEntries(names.map((name) => [name, headers[name]])), body }), 202));
      }
      assert.ok(replies.every(({ accepted }) => accepted === 1), JSON.stringify(replies));
      const all = await sink.received(2 * published.length, out);
      const essence = ({ headers, body }) => {
        const { type, subject, time, data } = HTTP.toEvent({ headers, body });
        return { type, subject, time, data, body: format === 'CloudEventsBinary' ? body : undefined };
      };
      assert.deepEqual(all.slice(published.length).map(essence), all.slice(0, published.length).map(essence), format);
      expectStatus(await lull.delete(`/endpoints/${endpoint.id}`), 204);
    }
  });

  it('are published by the commands of the page, as they stand there', async () => {
    const page = readFileSync(join(repository, 'docs/cloudevents.md'), 'utf8');
    const blocks = blocksOf(page, 'cloudevents');
    assert.equal(blocks.length, 3);
    const script = blocks.map((block) => block.script.replaceAll('http://127.0.0.1:8080', lull.origin)).join('echo\n');
    const { stdout } = await promisify(execFile)('bash', ['-ec', script]);
    assert.deepEqual(stdout.trim().split('\n').map((line) => JSON.parse(line)).map(({ accepted, duplicates }) => [accepted, duplicates]),
      [[1, 0], [2, 0], [0, 1]], stdout);
  });

  it('that are none say where, with the name of the header where there is no place', async () => {
    const refused = expectProblem(await send({ headers: { 'content-type': 'application/json', 'ce-id': '1', 'ce-type': 'Nothing' }, body: '{"baseId":[]}' }), 400, '/baseId');
    const sentences = refused.errors.map(({ detail }) => detail).join('\n');
    for (const said of [/^ce-type: There is no event type 'Nothing'/m, /^ce-source: It is required\./m, /^ce-subject: It is required\./m, /^ce-specversion: /m]) {
      assert.match(sentences, said);
    }
    expectProblem(await send({ headers: { 'content-type': 'application/x-ndjson', 'ce-id': '1' }, body: '1' }), 415);
    expectProblem(await send({ headers: { 'content-type': 'application/cloudevents+xml' }, body: '<a/>' }), 415);
  });
});
