// The OpenAPI description is true: its routes answer, its examples are accepted and are what is replied.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { describedBy, examplesOf, operationsOf } from './support/swagger.mjs';

// Every call of the contract's table.
const promised = ['POST /endpoints', 'GET /endpoints', 'GET /endpoints/{id}', 'PUT /endpoints/{id}', 'PATCH /endpoints/{id}', 'DELETE /endpoints/{id}',
  'POST /endpoints/{id}/test', 'GET /endpoints/{id}/attempts', 'GET /endpoints/{id}/queue', 'POST /endpoints/{id}/queue/retry',
  'POST /endpoints/{id}/queue/purge', 'POST /endpoints/{id}/replay', 'GET /endpoints/{id}/secret', 'POST /endpoints/{id}/secret/rotate', 'POST /events', 'POST /events/explain', 'GET /alerts', 'GET /change-types', 'GET /formats',
  'GET /windows', 'POST /windows/flush', 'GET /dead-letters', 'GET /dead-letters/{id}', 'POST /dead-letters/{id}/retry', 'POST /dead-letters/retry',
  'DELETE /dead-letters/{id}', 'POST /dead-letters/purge', 'GET /dead-letters/groups', 'POST /jobs', 'GET /jobs', 'GET /jobs/{id}', 'DELETE /jobs/{id}', 'GET /stats',
  'GET /overview', 'GET /live', 'GET /settings', 'GET /me', 'GET /items/{changeType}/{itemId}', 'GET /history', 'GET /sources', 'POST /sources/{id}/run', 'GET /brokers',
  'POST /mailboxes', 'GET /mailboxes/{id}', 'DELETE /mailboxes/{id}', 'PUT /mailboxes/{id}/subscriptions/{topic}', 'DELETE /mailboxes/{id}/subscriptions/{topic}',
  'GET /mailboxes/{id}/messages', 'POST /mailboxes/{id}/messages/{messageId}/lock', 'DELETE /mailboxes/{id}/messages/{messageId}'];

suite('swagger', () => {
  let lull;
  let sink;
  let operations;
  let items = 0;
  before(async () => {
    sink = await startSink(({ path }) => ({ status: path === '/refuses' ? 400 : 200 }));
    // Without a database there is a source, too; it fails.
    lull = await startLull({ settings: { 'Sources:0:Name': 'crm', 'Sources:0:Type': 'Outbox', 'Sources:0:ConnectionString': 'Driver={None}' } });
    operations = await operationsOf(lull);
  });

  /** A job that still runs: it moves one of three letters a second. */
  async function jobId() {
    const endpoint = await register(lull, `${sink.url}/refuses`, { changeTypes: 1 });
    for (let more = 3; more > 0; more -= 1) await publish(lull, assetChanged(`letter-${items += 1}`));
    await deadLettersWhen(lull, 3, `?endpointId=${endpoint.id}`);
    return expectStatus(await lull.post('/jobs', { action: 'purge', endpointId: endpoint.id, ratePerSecond: 1 }), 202).id;
  }

  /** A fresh thing for `{id}`, so that no call finds what another has used up. */
  async function idFor(path) {
    if (path.startsWith('/jobs')) return jobId();
    if (path.startsWith('/sources')) return 'crm';
    const endpoint = await register(lull, `${sink.url}/${path.startsWith('/dead-letters') ? 'refuses' : 'hook'}`, { changeTypes: 1 });
    if (!path.startsWith('/dead-letters')) return endpoint.id;
    items += 1;
    await publish(lull, assetChanged(`letter-${items}`));
    const letters = await deadLettersWhen(lull, 1, `?endpointId=${endpoint.id}`);
    return letters[0].id;
  }

  /**
   * The path of a call of a fresh mailbox that has a message, which is locked when it is to be confirmed. Its events are of a type that
   * the endpoints of the other calls do not take: their windows would still be open when those count their letters.
   */
  async function mailboxPath(method, path) {
    const { id } = expectStatus(await lull.post('/mailboxes', { name: `box ${items += 1}` }), 201);
    expectStatus(await lull.put(`/mailboxes/${id}/subscriptions/TreeValueChanged`), 204);
    const fixed = path.replace('{id}', id).replace('{topic}', 'TreeValueChanged');
    if (!path.includes('/messages')) return fixed;
    await publish(lull, { type: 'TreeValueCreated', itemId: items, baseId: 1 });
    const { next } = expectStatus(await lull.get(`/mailboxes/${id}/messages`), 200);
    if (method !== 'DELETE') return fixed.replace('{messageId}', next.id);
    const { lockId } = expectStatus(await lull.post(`/mailboxes/${id}/messages/${next.id}/lock`), 200);
    return `${fixed.replace('{messageId}', next.id)}?lockId=${encodeURIComponent(lockId)}`;
  }

  async function call({ method, path, operation }, example, type) {
    const fixed = path.startsWith('/mailboxes/') ? await mailboxPath(method, path) : path.replace('{changeType}', '1').replace('{itemId}', 'A%2F17');
    const target = fixed.includes('{id}') ? fixed.replace('{id}', await idFor(path)) : fixed;
    let body = example;
    // The examples name a host of the internet, which a test may not reach.
    if (typeof body === 'object' && body !== null && 'url' in body) body = { ...body, url: `${sink.url}/hook` };
    if (method === 'PUT' || method === 'PATCH') {
      if (body?.headers) body.headers = Object.fromEntries(Object.entries(body.headers).filter(([, value]) => value !== '***'));
    }
    const headers = Object.fromEntries((operation.parameters ?? []).filter((each) => each.in === 'header' && each.required).map((each) => [each.name, each.example]));
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    return lull.api.send(method, target, text, { ...headers, ...(type && { 'Content-Type': type }) });
  }

  it('is OpenAPI 3.0.3 and describes exactly the calls of the contract', async () => {
    const description = await describedBy(lull);
    assert.equal(description.openapi, '3.0.3');
    const described = operations.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(described.sort(), promised.slice().sort());
    for (const { operation } of operations) {
      assert.ok(operation.summary || operation.description, JSON.stringify(operation).slice(0, 200));
      assert.ok(Object.keys(operation.responses).length > 0);
    }
  });

  it('has an example for every body that is taken and every JSON that is replied', () => {
    for (const { method, path, operation } of operations) {
      for (const [type, media] of Object.entries(operation.requestBody?.content ?? {})) {
        assert.notEqual(examplesOf(media).length, 0, `request ${type} of ${method} ${path}`);
      }
      for (const [status, response] of Object.entries(operation.responses)) {
        const media = response.content?.['application/json'];
        if (media && status.startsWith('2')) assert.notEqual(examplesOf(media).length, 0, `${status} of ${method} ${path}`);
      }
    }
  });

  it('every described route answers as described, for every example of a body', async () => {
    for (const each of operations) {
      const bodies = Object.entries(each.operation.requestBody?.content ?? {})
        .flatMap(([type, media]) => examplesOf(media).map(([name, value]) => [type, value, name]));
      for (const [type, value, name] of bodies.length > 0 ? bodies : [[undefined, undefined, 'no body']]) {
        const reply = await call(each, value, type);
        const what = `${each.method} ${each.path} (${name}): ${reply.status} ${reply.text.slice(0, 300)}`;
        assert.ok(reply.status >= 200 && reply.status < 300, what);
        assert.ok(String(reply.status) in each.operation.responses, what);
      }
    }
  });

  it('replies have the members that the examples show', async () => {
    for (const each of operations) {
      const [type, media] = Object.entries(each.operation.requestBody?.content ?? {})[0] ?? [];
      const reply = await call(each, media && examplesOf(media)[0][1], type);
      const examples = examplesOf(each.operation.responses[reply.status]?.content?.['application/json']);
      if (examples.length === 0 || reply.json === undefined) continue;
      const shapes = examples.map(([, value]) => Object.keys(value).sort().join());
      assert.ok(shapes.includes(Object.keys(reply.json).sort().join()),
        `${each.method} ${each.path} replies ${Object.keys(reply.json)}, the examples show ${shapes.join(' or ')}`);
      const [shown] = examples[0][1].items ?? [];
      const [replied] = reply.json.items ?? [];
      if (shown && replied) assert.deepEqual(Object.keys(replied).sort(), Object.keys(shown).sort(), `items of ${each.method} ${each.path}`);
    }
  });
});
