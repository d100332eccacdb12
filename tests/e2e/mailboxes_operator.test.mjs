// Mailboxes as an operator sees them: an endpoint among the others, whose queue can be unlocked and purged; what is given up
// after too many locks, or because nobody comes any more; and what is counted.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { faces, stillWaits } from './support/mailboxes.mjs';
import { all, assetChanged, deadLettersWhen, endpoint, endpointWhen, publish } from './support/scenario.mjs';
import { within, waitFor } from './support/wait.mjs';

const client = (lull) => faces.REST(lull);
const pending = async (lull) => (await lull.metrics()).value('lull_fleet_notifications_pending');

suite('mailboxes: among the endpoints', () => {
  let lull;
  let rest;
  before(async () => {
    lull = await startLull();
    rest = client(lull);
  });
  const queueOf = (id) => all(lull, `/endpoints/${id}/queue`);
  /** A mailbox with messages of the items 1, 2 and 3, of which the first is locked. */
  async function withThree(name) {
    const id = await rest.mailbox(name, ['AssetChanged']);
    await publish(lull, [1, 2, 3].map((itemId) => assetChanged(itemId)));
    await endpointWhen(lull, id, 'three wait', ({ queueDepth }) => queueDepth === 3);
    const first = await rest.next(id);
    const { lockId } = await rest.must(rest.lock(id, first, 600));
    return { id, first, lockId };
  }

  it('is an endpoint of its kind, without what only a webhook has', async () => {
    const { id } = await withThree('as an endpoint');
    const seen = await endpoint(lull, id);
    assert.deepEqual([seen.channel, seen.delivery, seen.order, seen.name, seen.enabled], ['mailbox', 'every', 'none', 'as an endpoint', true]);
    assert.deepEqual([seen.changeTypes, seen.changeTypeNames], [1, ['AssetChanged']]);
    assert.equal(seen.queueDepth, 3);
    assert.equal(seen.health, 'healthy');
    assert.equal('url' in seen && seen.url !== null, false);
    assert.ok((await all(lull, '/endpoints')).some((one) => one.id === id));
    const secret = await lull.get(`/endpoints/${id}/secret`);
    assert.ok([404, 409].includes(secret.status), `${secret.status}`);
    assert.doesNotMatch(secret.text, /whsec_/);
    for (const path of ['secret/rotate', 'replay']) {
      const reply = await lull.post(`/endpoints/${id}/${path}`, path === 'replay' ? { since: '2026-01-01T00:00:00Z' } : undefined);
      assert.ok([404, 409].includes(reply.status), `${path}: ${reply.status} ${reply.text}`);
    }
    expectProblem(await lull.post(`/endpoints/${id}/test`), 409);
    assert.deepEqual(expectStatus(await lull.get(`/endpoints/${id}/attempts`), 200).items, []);
  });

  it('cannot be made or turned into something else as an endpoint', async () => {
    const { id } = await withThree('stays');
    expectProblem(await lull.post('/endpoints', { name: 'box', channel: 'mailbox', changeTypes: 1 }), 400, '/channel');
    expectProblem(await lull.patch(`/endpoints/${id}`, { channel: 'webhook' }), 400, '/channel');
    expectProblem(await lull.patch(`/endpoints/${id}`, { url: 'http://127.0.0.1:9/' }), 400, '/url');
    expectProblem(await lull.patch(`/endpoints/${id}`, { delivery: 'debounced' }), 400, '/delivery');
    expectProblem(await lull.patch(`/endpoints/${id}`, { order: 'item' }), 400, '/order');
    assert.equal((await endpoint(lull, id)).channel, 'mailbox');
  });

  it('its queue tells what is locked; queue/retry unlocks', async () => {
    const { id, first, lockId } = await withThree('unlocked');
    const states = (await queueOf(id)).map((message) => [message.itemId, message.state]);
    assert.deepEqual(states, [[1, 'inFlight'], [2, 'waiting'], [3, 'waiting']]);
    const [locked, free] = await queueOf(id);
    const left = Date.parse(locked.lockedUntil) - Date.now();
    assert.ok(left > 580_000 && left < 601_000, `locked for ${left} ms more`);
    assert.equal(free.lockedUntil, undefined);
    assert.equal(locked.id, first, 'by the ids that the client sees');
    const second = await rest.must(rest.lock(id, await rest.next(id), 600));
    await rest.must(rest.lock(id, await rest.next(id), 600));
    const waits = rest.peek(id, 30);
    assert.ok(await stillWaits(rest, id, waits));
    assert.ok(second.lockId);
    assert.equal(expectStatus(await lull.post(`/endpoints/${id}/queue/retry`, { ids: [first] }), 202).retried, 1);
    assert.equal((await rest.must(within(5_000, 'the waiting call is woken', waits))).next, first);
    expectProblem((await rest.confirm(id, first, lockId)).reply, 409);
    assert.equal(expectStatus(await lull.post(`/endpoints/${id}/queue/retry`, { all: true }), 202).retried >= 2, true);
    assert.deepEqual((await queueOf(id)).map(({ state }) => state), ['waiting', 'waiting', 'waiting']);
    for (const itemId of [1, 2, 3]) assert.equal((await rest.take(id)).body.Data.ItemId, itemId);
  });

  it('queue/purge drops what waits and what is locked', async () => {
    const { id, first, lockId } = await withThree('purged');
    const [, second] = await queueOf(id);
    assert.equal(expectStatus(await lull.post(`/endpoints/${id}/queue/purge`, { ids: [second.id] }), 200).purged, 1);
    assert.deepEqual((await queueOf(id)).map(({ itemId }) => itemId), [1, 3]);
    expectProblem(await lull.post(`/endpoints/${id}/queue/purge`, {}), 400);
    assert.equal(expectStatus(await lull.post(`/endpoints/${id}/queue/purge`, { all: true }), 200).purged, 2);
    expectProblem((await rest.confirm(id, first, lockId)).reply, 404);
    assert.equal((await rest.must(rest.peek(id, 0))).next, null);
    assert.equal((await endpoint(lull, id)).queueDepth, 0);
    await publish(lull, assetChanged(9));
    assert.equal((await rest.take(id)).body.Data.ItemId, 9, 'it goes on');
  });

  it('pausing it gives out nothing, and keeps what comes; a lock that is held can be confirmed', async () => {
    const { id, first, lockId } = await withThree('paused');
    expectStatus(await lull.patch(`/endpoints/${id}`, { enabled: false }), 200);
    const seen = await endpoint(lull, id);
    assert.deepEqual([seen.health, seen.pausedReason], ['paused', 'operator']);
    const second = (await queueOf(id)).find(({ itemId }) => itemId === 2).id;
    for (const face of Object.values(faces)) {
      assert.equal((await face(lull).must(face(lull).peek(id, 0))).next, null);
      expectProblem((await face(lull).lock(id, second)).reply, 409);
    }
    await publish(lull, assetChanged(4));
    await endpointWhen(lull, id, 'the fourth is kept', ({ queueDepth }) => queueDepth === 4);
    await rest.must(rest.confirm(id, first, lockId));
    const waits = rest.peek(id, 30);
    assert.ok(await stillWaits(rest, id, waits));
    expectStatus(await lull.patch(`/endpoints/${id}`, { enabled: true }), 200);
    assert.equal((await rest.must(within(5_000, 'the waiting call is woken', waits))).next, second);
    for (const itemId of [2, 3, 4]) assert.equal((await rest.take(id)).body.Data.ItemId, itemId);
  });

  it('stands in /stats and in the metrics', async () => {
    const { id } = await withThree('counted');
    const figures = await waitFor('the totals of now', async () => {
      const stats = expectStatus(await lull.get('/stats'), 200);
      const own = stats.endpoints.find((one) => (one.endpointId ?? one.id) === id);
      return own?.queueDepth === 3 && { stats, own };
    });
    assert.equal(figures.own.inFlight, 1, 'what is locked');
    const waits = [1, 2].map(() => rest.peek(id, 30));
    await Promise.all(waits); // the second and third wait for a client
    const metrics = await lull.metrics();
    const named = metrics.names().filter((name) => name.includes('mailbox'));
    for (const word of ['waiting', 'messages', 'oldest']) assert.ok(named.some((name) => name.includes(word)), `${word} in ${named}`);
    const silent = await rest.mailbox('silent', ['ComboValueChanged']);
    const parked = rest.peek(silent, 30);
    await waitFor('it is counted as waiting', async () => (await lull.metrics()).value('lull_mailbox_polls_waiting') === 1);
    assert.equal((await lull.delete(`/endpoints/${silent}`)).status, 204);
    await parked;
    await waitFor('and no more', async () => (await lull.metrics()).value('lull_mailbox_polls_waiting') === 0);
  });
});

suite('mailboxes: what is given up', () => {
  it('after Mailboxes:MaxReceives locks without a confirm a message is a dead letter, poisoned', async () => {
    const lull = await startLull({ settings: { 'Mailboxes:MaxReceives': '2' } });
    const rest = client(lull);
    const id = await rest.mailbox('poisoned', ['AssetChanged']);
    await publish(lull, [assetChanged(1, { data: { keep: 'me' } }), assetChanged(2)]);
    const first = await rest.next(id);
    const second = await waitFor('the other one', async () => {
      await rest.lock(id, first, 1);
      const { next } = await rest.must(rest.peek(id, 0));
      return next && next !== first && next;
    });
    await rest.must(rest.confirm(id, second, (await rest.must(rest.lock(id, second, 600))).lockId));
    assert.equal(await rest.next(id), first, 'once is not enough');
    await rest.must(rest.lock(id, first, 1));
    const [letter] = await deadLettersWhen(lull, 1, `?endpointId=${id}`);
    assert.deepEqual([letter.reason, letter.itemId, letter.endpointId, letter.endpointName, letter.attempts], ['poisoned', 1, id, 'poisoned', 2]);
    expectProblem((await rest.lock(id, first)).reply, 404);
    assert.equal((await rest.must(rest.peek(id, 0))).next, null);
    const whole = expectStatus(await lull.get(`/dead-letters/${letter.id}`), 200);
    assert.match(JSON.stringify(whole.notification ?? whole.body), /keep/, 'it shows what its client would get');
    const waits = rest.peek(id, 30);
    assert.ok(await stillWaits(rest, id, waits));
    expectStatus(await lull.post(`/dead-letters/${letter.id}/retry`), 202);
    const { next } = await rest.must(within(5_000, 'the waiting call is woken', waits));
    const again = await rest.must(rest.lock(id, next, 30));
    assert.deepEqual(again.body, { keep: 'me' });
    await rest.must(rest.confirm(id, next, again.lockId));
    await waitFor('nothing is pending', async () => (await pending(lull)) === 0);
  });

  it('0, the default, never gives up', async () => {
    const lull = await startLull();
    const rest = client(lull);
    const id = await rest.mailbox('patient', ['AssetChanged']);
    await publish(lull, assetChanged(1));
    const first = await rest.next(id);
    for (let round = 0; round < 4; round += 1) {
      await rest.must(rest.lock(id, first, 1));
      assert.equal(await rest.next(id), first);
    }
    assert.equal((await all(lull, '/dead-letters')).length, 0);
  });

  it('a mailbox nobody calls for Mailboxes:IdleExpiry goes with its messages, counted and logged; one that is called stays', async () => {
    const lull = await startLull({ settings: { 'Mailboxes:IdleExpiry': '00:00:03' } });
    const rest = client(lull);
    const idle = await rest.mailbox('idle', ['AssetChanged']);
    const called = await rest.mailbox('called', ['AssetChanged']);
    await publish(lull, [assetChanged(1), assetChanged(2)]);
    const cancelled = (await lull.metrics()).value('lull_fleet_notifications_cancelled_total');
    const began = Date.now();
    await waitFor('it is gone', async () => {
      await rest.must(rest.peek(called, 0));
      return (await lull.get(`/endpoints/${idle}`)).status === 404;
    }, { timeout: 15_000, interval: 100 });
    assert.ok(Date.now() - began > 2_000, 'not before its time');
    expectProblem((await rest.peek(idle, 0)).reply, 404);
    assert.equal((await rest.must(rest.peek(called, 0))).count, 2);
    await waitFor('its messages are counted', async () => (await lull.metrics()).value('lull_fleet_notifications_cancelled_total') === cancelled + 2);
    assert.ok(lull.log.some((line) => JSON.stringify(line).includes(idle) && /mailbox/i.test(line.message)), 'logged');
    assert.notEqual((await rest.must(rest.register('idle'))).id, idle);
  });
});
