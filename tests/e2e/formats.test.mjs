// What receivers get, in which words: the built-in formats, those of the settings, and the examples of docs/formats.md as they stand there.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { repository, runLull, startLull } from './support/lull.mjs';
import { deadLettersWhen, endpointWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

const page = readFileSync(join(repository, 'docs/formats.md'), 'utf8');
const block = '```json\\n([^]*?)\\n```\\s*';

/** The settings of the page's examples. */
const settings = JSON.parse(new RegExp(`<!-- test:format-settings -->\\s*${block}`).exec(page)[1]);

/** Each example: what is registered and published, and the body as it is printed there. */
const examples = [...page.matchAll(new RegExp(`<!-- test:format -->\\s*${block}${block}${block}`, 'g'))]
  .map(([, registration, event, body]) => ({ registration: JSON.parse(registration), event, body }));

/** `…` stands for anything. */
const pattern = (body) => new RegExp(`^${body.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`, 'u');

function withSettings(json) {
  const cwd = temporaryDirectory('cwd');
  writeFileSync(join(cwd, 'appsettings.json'), JSON.stringify(json));
  return cwd;
}

suite('formats', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink();
    lull = await startLull({ cwd: withSettings(settings) });
  });

  it('are as the page shows them, example by example', async () => {
    assert.equal(examples.length, 8);
    for (const [index, { registration, event, body }] of examples.entries()) {
      const path = `/example/${index}`;
      const endpoint = await register(lull, `${sink.url}${path}`, registration);
      // As it is written there: the data must arrive with its blanks and its 12.50.
      expectStatus(await lull.post('/events', event), 202);
      const [{ body: sent, headers }] = await sink.received(1, path);
      assert.match(sent, pattern(body));
      JSON.parse(sent);
      const listed = expectStatus(await lull.get('/formats'), 200).items.find(({ name }) => name === endpoint.format);
      assert.equal(headers['content-type'], listed.contentType);
      const { secret } = expectStatus(await lull.get(`/endpoints/${endpoint.id}/secret`), 200);
      new Webhook(secret).verify(sent, headers);
      expectStatus(await lull.delete(`/endpoints/${endpoint.id}`), 204);
    }
  });

  it('of CloudEvents are read by their SDK, in both modes, with data of every kind', async () => {
    const kinds = [{ title: 'Høst', list: [1, null] }, [1, 'two'], 'text', 12.5, true, null, undefined];
    for (const [mode, format] of [['structured', 'CloudEvents'], ['binary', 'CloudEventsBinary']]) {
      const path = `/cloud/${mode}`;
      await register(lull, `${sink.url}${path}`, { changeTypes: 1, format, delivery: 'every', order: 'endpoint' });
      await publish(lull, kinds.map((data, index) => (
        { type: 'AssetCreated', itemId: `bl\u00e5 "${index}"`, baseId: 1, occurredAt: '2026-11-23T21:19:06Z', data })));
      const seen = await sink.received(kinds.length, path);
      for (const [index, { body, headers }] of seen.entries()) {
        const event = HTTP.toEvent({ headers, body });
        assert.equal(event.validate(), true);
        const { id, source, type, specversion, time, data } = event;
        assert.deepEqual({ id, source, type, specversion, time: new Date(time).getTime() }, {
          id: headers['webhook-id'], source: '/dam/production', type: 'AssetCreated', specversion: '1.0',
          time: Date.parse('2026-11-23T21:19:06Z') });
        const subject = mode === 'binary' ? decodeURIComponent(event.subject) : event.subject;
        assert.equal(subject, `bl\u00e5 "${index}"`);
        // The SDK reads a JSON body that is no object, list or text as a text.
        const isRaw = mode === 'binary' && typeof data === 'string' && typeof kinds[index] !== 'string';
        assert.deepEqual(isRaw ? JSON.parse(data) : data ?? null, kinds[index] ?? null, `${mode} ${index}: ${body}`);
      }
    }
  });

  it('say the same on every attempt of a message', async () => {
    await register(lull, `${sink.url}/claims`, { changeTypes: 4, format: 'Claims' });
    sink.answer = ({ path }, index) => ({ status: path === '/claims' && sink.at('/claims').length < 3 ? 500 : 200, index });
    const before = Date.now();
    await publish(lull, { type: 'PhoneAdded', itemId: 7, baseId: 7 });
    const seen = await sink.received(3, '/claims');
    assert.equal(new Set(seen.map(({ body }) => body)).size, 1);
    const { iat, jti, operation } = JSON.parse(seen[0].body);
    assert.equal(operation, 'update');
    assert.match(jti, /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(Number(iat) >= before - 50 && Number(iat) <= seen[0].at + 50, `${before} ${iat} ${seen[0].at}`);
  });

  it('tell the time of the first attempt, however long the message waited for it', async () => {
    sink.answer = ({ path }) => ({ status: path === '/waited' && sink.at('/waited').length < 2 ? 500 : 200 });
    const { id } = await register(lull, `${sink.url}/waited`, { changeTypes: 4, format: 'Claims', enabled: false });
    await publish(lull, { type: 'PersonCreated', itemId: 8, baseId: 8 });
    await endpointWhen(lull, id, 'the message waits', ({ queueDepth }) => queueDepth === 1);
    const resumed = Date.now();
    expectStatus(await lull.patch(`/endpoints/${id}`, { enabled: true }), 200);
    const [first, second] = await sink.received(2, '/waited');
    assert.equal(second.body, first.body);
    const iat = Number(JSON.parse(first.body).iat);
    assert.ok(iat >= resumed - 50 && iat <= first.at + 50, `${resumed} ${iat} ${first.at}`);
    sink.answer = () => ({ status: 200 });
  });

  it('pass data of 64 KiB through and any id', async () => {
    await register(lull, `${sink.url}/big`, { changeTypes: 16, format: 'Task', delivery: 'every' });
    const data = JSON.stringify('ü'.repeat(32766));
    const ids = ['a"b\\c', '\u0001\n\u007f', 'Zoë 😀', '{itemId}'];
    for (const [index, itemId] of ids.entries()) {
      const body = `{"type": "PageDeleted", "itemId": ${JSON.stringify(itemId)}, "baseId": ${index}, "data": ${data}}`;
      expectStatus(await lull.post('/events', body), 202);
    }
    const seen = await sink.received(ids.length, '/big');
    assert.deepEqual(seen.map(({ body }) => JSON.parse(body).object.id).sort(), [...ids].sort());
    for (const { body } of seen) assert.ok(body.endsWith(`,"data":${data}}`));
  });

  it('are chosen, shown and changed, and exclude idField', async () => {
    const refuse = async (body, pointer = '/format') => {
      const reply = await lull.post('/endpoints', { name: 'x', url: `${sink.url}/x`, changeTypes: 1, ...body });
      return expectProblem(reply, 400, pointer).errors[0].detail;
    };
    assert.match(await refuse({ format: 'cloudevents' }), /nearest is CloudEvents\b/);
    assert.match(await refuse({ format: 'Tasks' }), /nearest is Task\b/);
    await refuse({ format: '' });
    await refuse({ format: 5 });
    await refuse({ format: 'CloudEvents', idField: 'Specific' });
    await refuse({ format: 'NotificationSpecific', idField: 'Specific' });

    const plain = await register(lull, `${sink.url}/plain`, {});
    assert.deepEqual([plain.format, plain.idField], ['Notification', null]);
    const older = await register(lull, `${sink.url}/older`, { idField: 'Specific' });
    assert.deepEqual([older.format, older.idField], ['NotificationSpecific', 'Specific']);
    const path = `/endpoints/${older.id}`;
    const shown = async () => {
      const { format, idField } = expectStatus(await lull.get(path), 200);
      return [format, idField];
    };
    // What GET shows can be put back, and edited in either member.
    expectStatus(await lull.put(path, older), 200);
    assert.deepEqual(await shown(), ['NotificationSpecific', 'Specific']);
    expectStatus(await lull.put(path, { ...older, idField: 'BaseId' }), 200);
    assert.deepEqual(await shown(), ['Notification', 'BaseId']);
    expectStatus(await lull.put(path, { ...older, idField: 'BaseId', format: 'Task' }), 200);
    assert.deepEqual(await shown(), ['Task', null]);
    expectStatus(await lull.patch(path, { name: 'renamed' }), 200);
    assert.deepEqual(await shown(), ['Task', null]);
    expectProblem(await lull.patch(path, { format: 'Claims', idField: 'Specific' }), 400, '/format');
    expectStatus(await lull.patch(path, { idField: 'Specific' }), 200);
    assert.deepEqual(await shown(), ['NotificationSpecific', 'Specific']);
    expectStatus(await lull.patch(path, { format: 'Claims' }), 200);
    assert.deepEqual(await shown(), ['Claims', null]);
    expectStatus(await lull.patch(path, { format: null }), 200);
    assert.deepEqual(await shown(), ['Notification', null]);
    const listed = expectStatus(await lull.get('/endpoints'), 200).items.find(({ id }) => id === older.id);
    assert.equal(listed.format, 'Notification');
  });

  it('are listed with their templates', async () => {
    const { items, nextCursor } = expectStatus(await lull.get('/formats'), 200);
    assert.equal(nextCursor, null);
    assert.deepEqual(items.map(({ name, builtIn }) => [name, builtIn]), [
      ...['Notification', 'NotificationSpecific', 'CloudEvents', 'CloudEventsBinary', 'ElementChanged', 'Claims'].map((name) => [name, true]),
      ['InvoiceMessage', false], ['Task', false]]);
    for (const { body, unavailable } of items) {
      JSON.parse(body);
      assert.equal(unavailable, null);
    }
    assert.equal(items.at(-1).body, settings.Formats.at(-1).Body);
  });

  it('are those of a test send and of a dead letter', async () => {
    sink.answer = ({ path }) => ({ status: path === '/letters' ? 422 : 200 });
    const endpoint = await register(lull, `${sink.url}/letters`, { changeTypes: 16, format: 'Task', delivery: 'every' });
    expectStatus(await lull.post(`/endpoints/${endpoint.id}/test`), 200);
    const [test] = await sink.received(1, '/letters');
    assert.match(test.body, pattern('{"task":"delete","object":{"type":"cms.page","id":0},"number":0,"data":null}'));
    assert.equal(test.headers['content-type'], 'application/vnd.example.task+json');
    await publish(lull, { type: 'PageDeleted', itemId: 9, baseId: 9, data: [1] });
    const [letter] = await deadLettersWhen(lull, 1, `?endpointId=${endpoint.id}`);
    const [, sent] = await sink.received(2, '/letters');
    assert.equal(expectStatus(await lull.get(`/dead-letters/${letter.id}`), 200).body, sent.body);
    sink.answer = () => ({ status: 200 });
  });

  it('stop the start when they hold mistakes, each with its place and the nearest word', async () => {
    const { Formats: [first] } = settings;
    const bad = { ...settings, Formats: [{ ...first, Body: first.Body.replace('{scope}', '{scop}').replace('"{data}"', '"{date:sm}"') }] };
    for (const command of [[], ['print-config']]) {
      const { code, output } = await runLull({ command, cwd: withSettings(bad) });
      assert.notEqual(code, 0);
      assert.match(output, /2 problems/);
      assert.match(output, /Formats:0:Body = .*: at \/CompanyCode: \{scop\} is no placeholder; the nearest is \{scope\}; allowed: /);
      assert.match(output, /Formats:0:Body = .*: at \/MessageBody: \{date:sm\} is no placeholder; the nearest is \{data\}; allowed: /);
    }
  });

  it('that the settings have lost keep their messages waiting, uncharged, until they are back', async () => {
    const other = await startLull({ cwd: withSettings(settings) });
    const { id } = await register(other, `${sink.url}/lost`, { changeTypes: 16, format: 'Task' });
    assert.deepEqual(await other.terminate().then(({ code }) => code), 0);
    const without = await startLull({
      cwd: withSettings({ ...settings, Formats: settings.Formats.slice(0, 1) }), dataDirectory: other.dataDirectory });
    const warned = without.log.find(({ category, level }) => category === 'Lull.Start' && level === 'Warning');
    assert.match(JSON.stringify(warned ?? without.log), new RegExp(`${id}: There is no format Task`));
    await publish(without, { type: 'PageDeleted', itemId: 1, baseId: 1 });
    const waiting = await endpointWhen(without, id, 'the endpoint says what is missing', ({ lastError }) => lastError !== null);
    assert.match(waiting.lastError, /no format Task in the settings/);
    assert.deepEqual([waiting.format, waiting.queueDepth, waiting.health], ['Task', 1, 'failing']);
    const [item] = expectStatus(await without.get(`/endpoints/${id}/queue`), 200).items;
    assert.equal(item.attempts, 0);
    // Whatever else of it may still be changed, but nobody can choose it anew.
    expectStatus(await without.patch(`/endpoints/${id}`, { name: 'renamed' }), 200);
    expectProblem(await without.post('/endpoints', { name: 'n', url: sink.url, changeTypes: 1, format: 'Task' }), 400, '/format');
    assert.equal(sink.at('/lost').length, 0);
    await without.terminate();
    const again = await startLull({ cwd: withSettings(settings), dataDirectory: other.dataDirectory });
    expectStatus(await again.patch(`/endpoints/${id}`, { enabled: true }), 200);
    const [{ headers }] = await sink.received(1, '/lost');
    assert.equal(headers['lull-attempt'], '1');
  });
});
