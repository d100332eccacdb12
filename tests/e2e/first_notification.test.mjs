// The promise on the front page: a burst of changes to one item becomes one signed notification.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { suite } from './support/cleanup.mjs';
import { bodyOf, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

suite('first notification', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink();
    lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:00.500' } });
  });

  it('tells a burst of 20 events as one POST, exact in body and headers, verifiable by its signature', async () => {
    const endpoint = await register(lull, `${sink.url}/first?a=b`, {
      changeTypes: 1,
      headers: { Authorization: 'Bearer s3cret', 'X-Tenant': 'north  east' },
    });
    const { secret } = expectStatus(await lull.get(`/endpoints/${endpoint.id}/secret`), 200);
    const sequences = [];
    for (let count = 0; count < 20; count += 1) {
      const type = count % 2 === 0 ? 'AssetMetadataUpdated' : 'AssetUploadFinished';
      sequences.push(...(await publish(lull, { type, itemId: 4711, baseId: 12 })).sequences);
    }
    await sink.received(1);
    await lull.drained();

    assert.equal(sink.requests.length, 1);
    const [{ method, path, headers, body, at }] = sink.requests;
    assert.equal(method, 'POST');
    assert.equal(path, '/first?a=b');
    assert.equal(body, '{"ChangeType":1,"Data":{"ItemId":4711,"BaseId":12}}');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['content-length'], `${body.length}`);
    assert.equal(headers.host, `127.0.0.1:${sink.port}`);
    assert.equal(headers.authorization, 'Bearer s3cret');
    assert.equal(headers['x-tenant'], 'north  east');
    assert.equal(headers['lull-sequence'], `${Math.max(...sequences)}`);
    assert.equal(headers['lull-event-count'], '20');
    assert.equal(headers['lull-attempt'], '1');
    assert.equal(headers['lull-test'], undefined);
    assert.match(headers['user-agent'], /^Lull\/\d+\.\d+\.\d+/);
    assert.match(headers['webhook-timestamp'], /^\d{10}$/);
    assert.ok(Math.abs(Number(headers['webhook-timestamp']) - at / 1000) < 3, headers['webhook-timestamp']);
    assert.notEqual(headers['webhook-id'] ?? '', '');
    assert.match(headers['webhook-signature'], /^v1,[A-Za-z0-9+/]{43}=$/);
    assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body));
    assert.throws(() => new Webhook(secret).verify(body.replace('12', '13'), headers));
  });

  it('signs with the new and the old secret after a rotation', async () => {
    const endpoint = await register(lull, `${sink.url}/rotated`, { changeTypes: 2 });
    const old = expectStatus(await lull.get(`/endpoints/${endpoint.id}/secret`), 200).secret;
    const fresh = expectStatus(await lull.post(`/endpoints/${endpoint.id}/secret/rotate`), 200).secret;
    assert.match(old, /^whsec_/);
    assert.match(fresh, /^whsec_/);
    assert.notEqual(fresh, old);
    assert.equal((await lull.get(`/endpoints/${endpoint.id}/secret`)).json.secret, fresh);
    await publish(lull, { type: 'MetafieldCreated', itemId: 1, baseId: 2 });
    const [{ body, headers }] = await sink.received(1, '/rotated');
    assert.equal(headers['webhook-signature'].split(' ').length, 2);
    new Webhook(old).verify(body, headers);
    new Webhook(fresh).verify(body, headers);
  });

  it('signs with each of five secrets after four rotations within a day', async () => {
    const endpoint = await register(lull, `${sink.url}/often`, { changeTypes: 1 });
    const secrets = [expectStatus(await lull.get(`/endpoints/${endpoint.id}/secret`), 200).secret];
    for (let i = 0; i < 4; ++i) secrets.push(expectStatus(await lull.post(`/endpoints/${endpoint.id}/secret/rotate`), 200).secret);
    await publish(lull, { type: 'AssetCreated', itemId: 5, baseId: 2 });
    const [{ body, headers }] = await sink.received(1, '/often');
    assert.equal(headers['webhook-signature'].split(' ').length, 5);
    for (const secret of secrets) new Webhook(secret).verify(body, headers);
  });

  it('signs with a secret that was brought along', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const endpoint = await register(lull, `${sink.url}/migrated`, { changeTypes: 4, secret });
    assert.equal((await lull.get(`/endpoints/${endpoint.id}/secret`)).json.secret, secret);
    await publish(lull, { type: 'TreeValueCreated', itemId: 1, baseId: 2 });
    const [{ body, headers }] = await sink.received(1, '/migrated');
    new Webhook(secret).verify(body, headers);
  });

  it('writes the older form for an endpoint with idField Specific', async () => {
    const kinds = { AssetCreated: [1, 'AssetId'], MetafieldCreated: [2, 'MetafieldId'],
      TreeValueCreated: [4, 'TreeValueId'], ComboValueCreated: [8, 'ComboValueId'] };
    await register(lull, `${sink.url}/specific`, { idField: 'Specific' });
    await publish(lull, Object.keys(kinds).map((type) => ({ type, itemId: 70, baseId: 71 })));
    const seen = await sink.received(4, '/specific');
    const expected = Object.values(kinds).map(([value, idName]) => bodyOf(value, 70, 71, idName));
    assert.deepEqual(seen.map((request) => request.body).sort(), expected.sort());
  });

  it('passes on the traceparent of the latest event that had one', async () => {
    const trace = (digit) => `00-${digit.repeat(32)}-00f067aa0ba902b7-01`;
    await register(lull, `${sink.url}/traced`, { changeTypes: 1 });
    await publish(lull, [
      assetChanged(90, { traceparent: trace('1') }),
      assetChanged(90, { traceparent: trace('2') }),
      assetChanged(90),
      assetChanged(91),
    ]);
    const seen = await sink.received(2, '/traced');
    const traceOf = (item) => seen.find(({ body }) => body === bodyOf(1, item, 12)).headers.traceparent;
    assert.equal(traceOf(90), trace('2'));
    assert.equal(traceOf(91), undefined);
  });
});
