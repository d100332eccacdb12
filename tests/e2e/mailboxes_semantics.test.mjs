// What a mailbox takes, what a lock is, and in which order messages come: the same over both faces.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { faces } from './support/mailboxes.mjs';
import { assetChanged, publish } from './support/scenario.mjs';
import { waitFor } from './support/wait.mjs';

const metafield = (itemId, more = {}) => ({ type: 'MetafieldCreated', itemId, baseId: 1, ...more });
const treeValue = (itemId, more = {}) => ({ type: 'TreeValueCreated', itemId, baseId: 1, ...more });

for (const [face, of] of Object.entries(faces)) {
  suite(`mailboxes: semantics (${face})`, () => {
    let lull;
    let client;
    before(async () => {
      lull = await startLull();
      client = of(lull);
    });
    const refused = (result, status) => expectProblem(result.reply, status);

    /** The item ids of all that a mailbox holds, in their order, taken out of it. `last` is of an event published last of all. */
    async function drain(id, last) {
      const items = [];
      for (;;) {
        const { body } = await client.take(id);
        items.push(body.Data.ItemId);
        if (items.at(-1) === last) return items;
        assert.ok(items.length < 20, `${last} did not come: ${items}`);
      }
    }

    it('takes what is accepted from its subscription on, and not what was before', async () => {
      const id = await client.mailbox('since', ['AssetChanged']);
      await publish(lull, metafield('early'));
      await client.must(client.subscribe(id, 'MetafieldChanged'));
      await publish(lull, [metafield('late'), assetChanged('last')]);
      assert.deepEqual(await drain(id, 'last'), ['late', 'last']);
      await client.must(client.subscribe(id, 'MetafieldChanged'));
      assert.deepEqual(await client.must(client.subscriptions(id)).then((list) => list.length), 2, 'subscribed once');
    });

    it('has scopes: AA does not see BB, an event without one is for any scope only', async () => {
      const aa = await client.mailbox('AA', ['AssetChanged', 'AA']);
      const any = await client.mailbox('any', ['AssetChanged']);
      const empty = await client.mailbox('empty', ['AssetChanged', '']);
      const both = await client.mailbox('both', ['AssetChanged', 'AA'], ['AssetChanged', 'BB'], ['AssetChanged']);
      assert.deepEqual(await client.must(client.subscriptions(empty)), [{ topic: 'AssetChanged', scope: null }]);
      await publish(lull, [assetChanged('bb', { scope: 'BB' }), assetChanged('none'), assetChanged('aa', { scope: 'aa' }), assetChanged('last', { scope: 'AA' })]);
      assert.deepEqual(await drain(aa, 'last'), ['last'], 'scopes are told apart by case');
      for (const id of [any, empty, both]) assert.deepEqual(await drain(id, 'last'), ['bb', 'none', 'aa', 'last'], 'one message each, however many subscriptions match');
    });

    it('gives each mailbox a copy of its own', async () => {
      const ids = await Promise.all(['left', 'right'].map((name) => client.mailbox(name, ['AssetChanged'])));
      await publish(lull, assetChanged('copied'));
      const [left, right] = await Promise.all(ids.map((id) => client.next(id)));
      const locked = await client.must(client.lock(ids[0], left));
      await client.must(client.confirm(ids[0], left, locked.lockId));
      assert.equal((await client.must(client.peek(ids[1], 0))).next, right);
      const other = await client.must(client.lock(ids[1], right));
      assert.notEqual(other.lockId, locked.lockId);
      await client.must(client.confirm(ids[1], right, other.lockId));
    });

    it('Peek locks nothing: the next message stays the next one', async () => {
      const id = await client.mailbox('peeked', ['AssetChanged']);
      await publish(lull, [assetChanged('one'), assetChanged('two')]);
      const first = await client.next(id);
      await waitFor('both are there', async () => (await client.must(client.peek(id, 0))).count === 2);
      for (let round = 0; round < 5; round += 1) assert.equal((await client.must(client.peek(id, 0))).next, first);
      assert.deepEqual(await drain(id, 'two'), ['one', 'two']);
    });

    it('a second Receive is 409; the count includes what is locked; the next one is another', async () => {
      const id = await client.mailbox('locked', ['AssetChanged']);
      await publish(lull, [assetChanged('one'), assetChanged('two')]);
      const first = await client.next(id);
      const { lockId } = await client.must(client.lock(id, first));
      refused(await client.lock(id, first), 409);
      const seen = await client.must(client.peek(id, 10));
      assert.notEqual(seen.next, first);
      assert.equal(seen.count, 2);
      await client.must(client.lock(id, seen.next));
      const { next, timedOut, count } = await client.must(client.peek(id, 0));
      assert.deepEqual([next, timedOut], [null, true], 'all are locked');
      if (face === 'classic') assert.equal(count, 2);
      await client.must(client.confirm(id, first, lockId));
    });

    it('a lock that ran out: the message waits in its old place, with a new lock id; the old one is refused', async () => {
      const id = await client.mailbox('expiring', ['AssetChanged']);
      await publish(lull, [assetChanged('one'), assetChanged('two')]);
      const first = await client.next(id);
      const old = await client.must(client.lock(id, first, 1));
      const second = await client.next(id);
      assert.notEqual(second, first);
      const other = await client.must(client.lock(id, second, 60));
      const began = Date.now();
      assert.equal(await client.next(id, 10), first, 'a call that waits is woken by a lock that runs out');
      const took = Date.now() - began;
      assert.ok(took < 3_000, `woken after ${took} ms`);
      refused(await client.confirm(id, first, old.lockId), 409);
      const renewed = await client.must(client.lock(id, first));
      assert.notEqual(renewed.lockId, old.lockId);
      assert.deepEqual(renewed.body, old.body);
      refused(await client.confirm(id, first, old.lockId), 409);
      await client.must(client.confirm(id, first, renewed.lockId));
      await client.must(client.confirm(id, second, other.lockId));
    });

    it('what was locked comes before what was accepted later', async () => {
      const id = await client.mailbox('order', ['AssetChanged']);
      await publish(lull, [assetChanged(1), assetChanged(2), assetChanged(3)]);
      const first = await client.next(id);
      await client.must(client.lock(id, first, 2));
      assert.equal((await client.take(id)).body.Data.ItemId, 2);
      await publish(lull, assetChanged(4));
      await waitFor('the first one is back', async () => (await client.must(client.peek(id, 0))).next === first);
      assert.deepEqual(await drain(id, 4), [1, 3, 4]);
    });

    it('confirms once: 404 from then on; without a lock id 400; with another one 409', async () => {
      const id = await client.mailbox('confirmed', ['AssetChanged']);
      await publish(lull, [assetChanged('one'), assetChanged('two')]);
      const first = await client.next(id);
      refused(await client.confirm(id, first, 'never-locked'), 409);
      const { lockId } = await client.must(client.lock(id, first));
      const second = await client.next(id);
      const other = await client.must(client.lock(id, second));
      refused(await client.confirm(id, first, undefined), 400);
      refused(await client.confirm(id, first, ''), 400);
      refused(await client.confirm(id, first, other.lockId), 409);
      const turned = lockId.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
      for (const forged of [turned, lockId.slice(0, -1), `${lockId}A`, lockId.replace(/^./, (one) => (one === '1' ? '2' : '1')), 'x'.repeat(5_000)]) {
        const { status } = await client.confirm(id, first, forged);
        assert.ok(status === 409 || (forged.length > 4_000 && [400, 414, 431].includes(status)), `${status} to a forged lock id`);
      }
      await client.must(client.confirm(id, first, lockId));
      refused(await client.confirm(id, first, lockId), 404);
      refused(await client.lock(id, first), 404);
      await client.must(client.confirm(id, second, other.lockId));
    });

    it('locks for 1 to 3,600 seconds; anything else is a 400 and locks nothing', async () => {
      const id = await client.mailbox('seconds', ['AssetChanged']);
      await publish(lull, assetChanged('one'));
      const first = await client.next(id);
      const bad = face === 'classic' ? [0, -1, 3601, 'x', '', '1e1', '99999999999999999999'] : [0, -1, 3601, 1.5, 'x', true, '30', [], {}];
      for (const seconds of bad) refused(await client.lock(id, first, seconds), 400);
      const { lockId } = await client.must(client.lock(id, first, 3600));
      await client.must(client.confirm(id, first, lockId));
    });

    it('a name that is registered again is the same mailbox, with what it has', async () => {
      const id = await client.mailbox('again', ['AssetChanged', 'AA']);
      await publish(lull, assetChanged('one', { scope: 'AA' }));
      const first = await client.next(id);
      assert.equal((await client.must(client.register('again'))).id, id);
      assert.deepEqual(await client.must(client.subscriptions(id)), [{ topic: 'AssetChanged', scope: 'AA' }]);
      assert.equal(await client.next(id), first);
      assert.notEqual((await client.must(client.register('Again'))).id, id);
    });

    it('Unsubscribe drops what that subscription brought, and nothing else', async () => {
      const id = await client.mailbox('narrowed', ['AssetChanged', 'AA'], ['AssetChanged', 'BB'], ['MetafieldChanged'],
        ['TreeValueChanged', 'AA'], ['TreeValueChanged']);
      const [aa, bb] = [{ scope: 'AA' }, { scope: 'BB' }];
      await publish(lull, [assetChanged('a', aa), assetChanged('b', bb), assetChanged('c', aa), metafield('m'), treeValue('t', aa)]);
      await waitFor('five messages', async () => (await client.must(client.peek(id, 10))).count === 5);
      const locked = await client.must(client.lock(id, await client.next(id), 60));
      assert.equal(locked.body.Data.ItemId, 'a');
      await client.must(client.unsubscribe(id, 'AssetChanged', 'AA'));
      assert.equal((await client.must(client.peek(id, 0))).count, 3, 'waiting and locked ones are dropped');
      await client.must(client.unsubscribe(id, 'TreeValueChanged', 'AA'));
      assert.equal((await client.must(client.peek(id, 0))).count, 3, 'another subscription would have taken it');
      assert.deepEqual((await client.must(client.subscriptions(id))).length, 3);
      await publish(lull, [assetChanged('no', aa), metafield('last')]);
      assert.deepEqual(await drain(id, 'last'), ['b', 'm', 't', 'last']);
    });

    it('what is not there is a 404', async () => {
      const id = await client.mailbox('there', ['AssetChanged']);
      await publish(lull, assetChanged('one'));
      const first = await client.next(id);
      for (const unknown of ['ep_nothing', 'x', 'ep_1', encodeURIComponent('../x')]) {
        for (const result of [client.subscribe(unknown, 'AssetChanged'), client.unsubscribe(unknown, 'AssetChanged'), client.subscriptions(unknown),
          client.peek(unknown, 0), client.lock(unknown, first), client.confirm(unknown, first, 'x')]) refused(await result, 404);
      }
      for (const topic of ['Nothing', 'assetchanged', 'AssetCreated', '1']) refused(await client.subscribe(id, topic), 404);
      refused(await client.unsubscribe(id, 'Nothing'), 404);
      for (const message of ['msg_nothing', 'x', `${first}0`, id]) {
        refused(await client.lock(id, message), 404);
        refused(await client.confirm(id, message, 'x'), 404);
      }
    });

    it('an endpoint that is no mailbox is not reached, and a mailbox cannot be made as an endpoint', async () => {
      const webhook = (await lull.post('/endpoints', { name: 'hook', url: 'http://127.0.0.1:9/', changeTypes: 8, enabled: false })).json;
      for (const result of [client.peek(webhook.id, 0), client.subscriptions(webhook.id), client.subscribe(webhook.id, 'AssetChanged')]) refused(await result, 404);
      expectProblem(await lull.post('/endpoints', { name: 'box', channel: 'mailbox', changeTypes: 1 }), 400, '/channel');
    });

    it('a removed mailbox ends: what it held is gone, its name begins anew', async () => {
      const id = await client.mailbox('removed', ['AssetChanged']);
      await publish(lull, assetChanged('one'));
      const first = await client.next(id);
      const waiting = client.peek(await client.mailbox('removed too', ['AssetChanged']), 30);
      assert.equal((await lull.delete(`/endpoints/${id}`)).status, 204);
      refused(await client.peek(id, 0), 404);
      refused(await client.lock(id, first), 404);
      const again = await client.mailbox('removed', ['MetafieldChanged']);
      assert.notEqual(again, id);
      assert.equal((await client.must(client.peek(again, 0))).next, null);
      await publish(lull, assetChanged('two'));
      assert.ok((await client.must(waiting)).next, 'others are not affected');
    });
  });
}
