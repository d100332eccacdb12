// A mailbox from its registration to the confirmed message, over both faces, and how soon a waiting call is woken.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus, expectTime } from './support/expect.mjs';
import { request } from './support/http.mjs';
import { startLull } from './support/lull.mjs';
import { faces, percentile, stillWaits, topics } from './support/mailboxes.mjs';
import { assetChanged, publish } from './support/scenario.mjs';

const wakeUps = 200;

for (const [face, of] of Object.entries(faces)) {
  suite(`mailboxes: the walk (${face})`, () => {
    let lull;
    let client;
    before(async () => {
      lull = await startLull({ pathBase: '/pim' });
      client = of(lull);
    });

    it('register, subscribe, peek waits, an event, receive, confirm, peek waits again', async () => {
      const registered = await client.must(client.register('till 4'));
      assert.match(registered.id, /^ep_/);
      assert.equal(registered.name, 'till 4');
      const { id } = registered;
      await client.must(client.subscribe(id, 'AssetChanged', 'AA'));
      assert.deepEqual(await client.must(client.subscriptions(id)), [{ topic: 'AssetChanged', scope: 'AA' }]);
      const first = client.peek(id, 60);
      assert.ok(await stillWaits(client, id, first));
      const data = { title: 'Æble', tags: ['a', 1, null], nested: { deep: true } };
      const [sequence] = (await publish(lull, assetChanged(4711, { scope: 'AA', data }))).sequences;
      const seen = await client.must(first);
      assert.equal(seen.count, 1);
      assert.equal(seen.timedOut, false);
      if (seen.details) {
        assert.deepEqual(Object.keys(seen.details).sort(), ['enqueuedAt', 'id', 'scope', 'sequence', 'topic']);
        assert.deepEqual([seen.details.topic, seen.details.scope, seen.details.sequence], ['AssetChanged', 'AA', sequence]);
      }
      const locked = await client.must(client.lock(id, seen.next, 30));
      assert.deepEqual([locked.topic, locked.scope, locked.type, locked.body], ['AssetChanged', 'AA', 'AssetCreated', data]);
      expectTime(locked.enqueuedAt, 'when it was accepted');
      assert.ok(Math.abs(Date.parse(locked.enqueuedAt) - Date.now()) < 60_000, locked.enqueuedAt);
      await client.must(client.confirm(id, seen.next, locked.lockId));
      const again = client.peek(id, 60);
      assert.ok(await stillWaits(client, id, again));
      await publish(lull, assetChanged(4712, { scope: 'AA' }));
      const other = await client.must(again);
      assert.notEqual(other.next, seen.next);
      const { body, lockId } = await client.must(client.lock(id, other.next));
      assert.deepEqual(body, { ChangeType: 1, Data: { ItemId: 4712, BaseId: 12 } }, 'without data it is the notification');
      await client.must(client.confirm(id, other.next, lockId));
      assert.deepEqual((await client.must(client.peek(id, 0))).next, null);
    });

    it(`wakes a call that waits: ${wakeUps} times, measured`, async () => {
      const id = await client.mailbox('woken', ['MetafieldChanged']);
      const spans = [];
      for (let round = 0; round < wakeUps; round += 1) {
        const pending = client.peek(id, 30).then((seen) => ({ seen, at: performance.now() }));
        assert.ok(await stillWaits(client, id, pending), `round ${round}`);
        const began = performance.now();
        await publish(lull, { type: 'MetafieldCreated', itemId: round, baseId: 1 });
        const accepted = performance.now();
        const { seen, at } = await pending;
        spans.push({ sent: at - began, accepted: Math.max(0, at - accepted) });
        const { lockId } = await client.must(client.lock(id, seen.value.next));
        await client.must(client.confirm(id, seen.value.next, lockId));
      }
      const figures = (span) => [0.5, 0.99].map((share) => percentile(spans.map(span), share).toFixed(1)).join(' / ');
      console.log(`  ${face}: woken p50 / p99 ${figures(({ accepted }) => accepted)} ms behind the 202, ${figures(({ sent }) => sent)} ms from the event's sending`);
      assert.ok(percentile(spans.map(({ accepted }) => accepted), 0.5) < 250, 'the median');
    });
  });
}

suite('mailboxes: the classic face to the letter', () => {
  let lull;
  let id;
  let allowing;
  before(async () => {
    [lull, allowing] = await Promise.all([startLull({ pathBase: '/pim' }), startLull({ settings: { 'Mailboxes:AllowPublish': 'true' } })]);
    id = await faces.classic(lull).mailbox('letters');
  });
  const ask = (method, path, options) => request(method, `${lull.origin}/pim/Events/${path}`, options);
  const form = (fields) => ({ body: `${new URLSearchParams(fields)}`, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });

  it('takes its parameters from the query or from a form', async () => {
    const registered = expectStatus(await ask('POST', 'Register', form({ subscriberName: 'by form & æ' })), 200);
    assert.deepEqual(Object.keys(registered).sort(), ['Name', 'SubscriberId']);
    assert.equal(registered.Name, 'by form & æ');
    const subscriberId = registered.SubscriberId;
    const subscribed = await ask('POST', 'Subscribe', form({ subscriberId, companyCode: 'AA', topic: 'TreeValueChanged' }));
    assert.deepEqual([subscribed.status, subscribed.text], [200, 'null']);
    await publish(lull, { type: 'TreeValueCreated', itemId: 1, baseId: 1, scope: 'AA' });
    const peeked = expectStatus(await ask('GET', `Peek?subscriberId=${subscriberId}&timeout=10`), 200);
    assert.deepEqual(Object.keys(peeked).sort(), ['MessageCount', 'NextMessageId']);
    const messageId = peeked.NextMessageId;
    const locked = expectStatus(await ask('POST', 'Receive', form({ subscriberId, messageId, lockTimeout: 20 })), 200);
    assert.deepEqual(Object.keys(locked).sort(), ['CompanyCode', 'EnqueueTime', 'LockId', 'MessageBody', 'MessageId', 'MessageType', 'Topic']);
    assert.equal(locked.MessageId, messageId);
    const confirmed = await ask('POST', 'Confirm', form({ subscriberId, messageId, lockId: locked.LockId }));
    assert.deepEqual(expectStatus(confirmed, 200), { MessageId: messageId });
    const empty = expectStatus(await ask('GET', `Peek?subscriberId=${subscriberId}&timeout=0`), 200);
    assert.deepEqual(empty, { MessageCount: 0, NextMessageId: null, TimedOut: true });
    const gone = await ask('POST', 'Unsubscribe', form({ subscriberId, companyCode: 'AA', topic: 'TreeValueChanged' }));
    assert.deepEqual([gone.status, gone.text], [200, 'null']);
    assert.deepEqual(expectStatus(await ask('GET', `ViewSubscriptions?subscriberId=${subscriberId}`), 200), []);
  });

  it('confirms and unsubscribes by DELETE, too', async () => {
    const client = faces.classic(lull);
    await client.must(client.subscribe(id, 'ComboValueChanged'));
    assert.deepEqual(expectStatus(await ask('GET', `ViewSubscriptions?subscriberId=${id}`), 200), [{ Topic: 'ComboValueChanged', CompanyCode: null }]);
    await publish(lull, { type: 'ComboValueCreated', itemId: 1, baseId: 1 });
    const messageId = await client.next(id);
    const { lockId, scope } = await client.must(client.lock(id, messageId));
    assert.equal(scope, null);
    await client.must(client.confirm(id, messageId, lockId, 'DELETE'));
    await client.must(client.unsubscribe(id, 'ComboValueChanged', undefined, 'DELETE'));
    assert.deepEqual(await client.must(client.subscriptions(id)), []);
  });

  it('lists the topics, with the path base and where a proxy strips it', async () => {
    assert.deepEqual(expectStatus(await ask('GET', 'ViewTopics'), 200), topics.map((Topic) => ({ Topic })));
    assert.deepEqual(expectStatus(await request('GET', `${lull.origin}/Events/ViewTopics`), 200).length, topics.length);
    assert.equal((await request('GET', `${lull.origin}/other/Events/ViewTopics`)).status, 404);
  });

  it('publishes only where that is allowed', async () => {
    const event = { body: JSON.stringify({ itemId: 77, title: 'by Publish' }), headers: { 'Content-Type': 'application/json' } };
    for (const method of ['POST', 'PUT']) {
      expectProblem(await ask(method, 'Publish?companyCode=AA&topic=AssetChanged', event), 501);
      const client = faces.classic(allowing);
      const box = await client.mailbox(`by ${method}`, ['AssetChanged', 'AA']);
      const url = `${allowing.origin}/Events/Publish?companyCode=AA&topic=`;
      const published = expectStatus(await request(method, `${url}AssetChanged`, event), 200);
      assert.deepEqual(Object.keys(published), ['MessageId']);
      const { type, body, topic, scope } = await client.take(box);
      assert.deepEqual([type, topic, scope], ['AssetCreated', 'AssetChanged', 'AA'], 'the first event of the topic');
      assert.deepEqual(body, { itemId: 77, title: 'by Publish' });
      expectProblem(await request(method, `${url}Nothing`, event), 404);
      expectProblem(await request(method, `${url}AssetChanged`, { ...event, body: '{' }), 400);
    }
  });

  it('refuses a wrong method with 405, and a parameter that it does not know with 400', async () => {
    for (const [method, path, allow] of [['GET', 'Register', /POST/], ['POST', 'Peek', /GET/], ['DELETE', 'Receive', /POST/]]) {
      const reply = await ask(method, path);
      expectProblem(reply, 405);
      assert.match(reply.headers.allow, allow);
    }
    for (const [method, path] of [['POST', 'Register?subscriberName=a&x=1'], ['POST', `Subscribe?subscriberId=${id}&topic=AssetChanged&scope=AA`],
      ['GET', `Peek?subscriberId=${id}&wait=0`], ['GET', 'ViewTopics?a=1'], ['GET', `ViewSubscriptions?subscriberId=${id}&x=`]]) {
      expectProblem(await ask(method, path), 400);
    }
    expectProblem(await ask('POST', 'Register', form({ subscriberName: 'a', colour: 'red' })), 400);
    expectProblem(await ask('POST', 'Register'), 400);
    expectProblem(await ask('POST', 'Register?subscriberName='), 400);
    expectProblem(await ask('GET', 'Peek'), 400);
    expectProblem(await ask('POST', `Subscribe?subscriberId=${id}`), 400);
  });
});

suite('mailboxes: the REST face to the letter', () => {
  let lull;
  before(async () => { lull = await startLull(); });

  it('answers 201 with its address, 200 when it was there', async () => {
    const made = await lull.post('/mailboxes', { name: 'rest' });
    const { id } = expectStatus(made, 201);
    assert.deepEqual(made.json, { id, name: 'rest', subscriptions: [] });
    assert.equal(made.headers.location, `/api/v1/mailboxes/${id}`);
    assert.deepEqual(expectStatus(await lull.post('/mailboxes', { name: 'rest' }), 200), made.json);
    assert.equal((await lull.put(`/mailboxes/${id}/subscriptions/AssetChanged?scope=AA`)).status, 204);
    assert.equal((await lull.put(`/mailboxes/${id}/subscriptions/AssetChanged`)).status, 204);
    const view = expectStatus(await lull.get(`/mailboxes/${id}`), 200);
    const byScope = (list) => [...list].sort((a, b) => `${a.scope ?? ''}`.localeCompare(`${b.scope ?? ''}`));
    assert.deepEqual(byScope(view.subscriptions), [{ topic: 'AssetChanged', scope: null }, { topic: 'AssetChanged', scope: 'AA' }]);
    await publish(lull, assetChanged(1, { scope: 'AA' }));
    const { next } = expectStatus(await lull.get(`/mailboxes/${id}/messages?wait=10`), 200);
    const locked = expectStatus(await lull.post(`/mailboxes/${id}/messages/${next.id}/lock`, { seconds: 60 }), 200);
    assert.deepEqual(Object.keys(locked).sort(), ['body', 'enqueuedAt', 'lockId', 'lockedUntil', 'scope', 'topic', 'type']);
    const left = expectTime(locked.lockedUntil) - Date.now();
    assert.ok(left > 50_000 && left < 61_000, `${left} ms`);
    assert.equal((await lull.get(`/mailboxes/${id}/messages?wait=0`)).status, 204);
    assert.equal((await lull.delete(`/mailboxes/${id}`)).status, 204);
    for (const path of ['', '/messages?wait=0']) expectProblem(await lull.get(`/mailboxes/${id}${path}`), 404);
    expectProblem(await lull.delete(`/mailboxes/${id}`), 404);
    const other = expectStatus(await lull.post('/mailboxes', { name: 'rest' }), 201);
    assert.notEqual(other.id, id, 'ids are never used again');
  });

  it('refuses what it does not know', async () => {
    const { id } = expectStatus(await lull.post('/mailboxes', { name: 'refusing' }), 201);
    expectProblem(await lull.post('/mailboxes', { name: 'a', colour: 'red' }), 400, '/colour');
    expectProblem(await lull.post('/mailboxes', {}), 400, '/name');
    for (const name of ['', 'x'.repeat(201), 7, null]) expectProblem(await lull.post('/mailboxes', { name }), 400, '/name');
    for (const [method, path] of [['GET', `/mailboxes/${id}?x=1`], ['GET', `/mailboxes/${id}/messages?timeout=0`],
      ['PUT', `/mailboxes/${id}/subscriptions/AssetChanged?companyCode=A`],
      ['DELETE', `/mailboxes/${id}/subscriptions/AssetChanged?topic=A`], ['DELETE', `/mailboxes/${id}?force=true`]]) {
      expectProblem(await lull.api.send(method, path), 400);
    }
    expectProblem(await lull.put(`/mailboxes/${id}/subscriptions/AssetChanged?scope=${'s'.repeat(101)}`), 400);
    const wrong = await lull.put(`/mailboxes/${id}/messages`);
    expectProblem(wrong, 405);
    assert.match(wrong.headers.allow, /GET/);
  });
});
