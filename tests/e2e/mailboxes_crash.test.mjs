// Every message once and in order, whoever polls; and what is kept when a process dies or another one is asked.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { expectProblem } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { faces, stillWaits } from './support/mailboxes.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, publish } from './support/scenario.mjs';

const many = 1_000;

/** A thousand events of two topics, in requests of different sizes; gives their items in the order of their sequences. */
async function publishMany(lull) {
  const told = [];
  for (let first = 0, size = 1; first < many; first += size, size = (size * 7) % 90 + 1) {
    const count = Math.min(size, many - first);
    const events = Array.from({ length: count }, (_, at) => assetChanged(first + at, { type: (first + at) % 3 ? 'AssetCreated' : 'MetafieldCreated' }));
    const { sequences } = await publish(lull, events);
    sequences.forEach((sequence, at) => told.push({ sequence, itemId: first + at }));
  }
  return told.sort((a, b) => a.sequence - b.sequence).map(({ itemId }) => itemId);
}

for (const [face, of] of Object.entries(faces)) {
  suite(`mailboxes: every message (${face})`, () => {
    let lull;
    let client;
    before(async () => {
      lull = await startLull({ settings: { 'Redis:AppendFsync': 'everysec' } });
      client = of(lull);
    });

    it(`${many} events of two topics come to one poller in the order of their acceptance, each once`, async () => {
      const id = await client.mailbox('one poller', ['AssetChanged'], ['MetafieldChanged']);
      const publishing = publishMany(lull);
      const items = [];
      while (items.length < many) items.push((await client.take(id)).body.Data.ItemId);
      assert.deepEqual(items, await publishing);
      assert.equal((await client.must(client.peek(id, 0))).next, null);
    });

    it('eight pollers of one mailbox: each message is confirmed exactly once, and none is locked twice at a time', async () => {
      const id = await client.mailbox('eight pollers', ['AssetChanged'], ['MetafieldChanged']);
      const expected = await publishMany(lull);
      const held = new Map();
      const confirmed = [];
      let conflicts = 0;
      const poll = async () => {
        while (confirmed.length < many) {
          const { next } = await client.must(client.peek(id, 1));
          if (!next) continue;
          const locked = await client.lock(id, next, 60);
          if (!locked.ok) {
            // Another poller was quicker: the lock is held, or the message is confirmed by now.
            assert.ok([409, 404].includes(locked.status), `${locked.status}`);
            conflicts += 1;
            continue;
          }
          assert.ok(!held.has(next), 'locked twice');
          held.set(next, locked.value.lockId);
          const { status, ok } = await client.confirm(id, next, locked.value.lockId);
          assert.ok(ok, `${status}`);
          confirmed.push(locked.value.body.Data.ItemId);
        }
      };
      await Promise.all(Array.from({ length: 8 }, poll));
      console.log(`  eight pollers: ${conflicts} times another one was quicker`);
      assert.deepEqual([...confirmed].sort((a, b) => a - b), [...expected].sort((a, b) => a - b));
      assert.equal(new Set(held.values()).size, many, 'each lock has an id of its own');
    });
  });

  suite(`mailboxes: what is kept (${face})`, () => {
    it('messages, locks and confirmations outlive a kill -9 of the service', async () => {
      const dataDirectory = temporaryDirectory('data');
      const first = await startLull({ dataDirectory });
      let client = of(first);
      const id = await client.mailbox('kept', ['AssetChanged', 'AA']);
      await publish(first, [1, 2, 3, 4].map((itemId) => assetChanged(itemId, { scope: 'AA', data: { itemId } })));
      const taken = await client.take(id);
      const message = await client.next(id);
      const long = await client.must(client.lock(id, message, 600));
      const other = await client.next(id);
      const short = await client.must(client.lock(id, other, 2));
      await first.kill9();
      const second = await startLull({ dataDirectory });
      client = of(second);
      expectProblem((await client.confirm(id, taken.messageId, taken.lockId)).reply, 404);
      expectProblem((await client.lock(id, message)).reply, 409);
      assert.deepEqual(await client.must(client.subscriptions(id)), [{ topic: 'AssetChanged', scope: 'AA' }]);
      assert.equal((await client.must(client.register('kept'))).id, id);
      await client.must(client.confirm(id, message, long.lockId));
      assert.equal((await client.take(id)).body.itemId, 4, 'what was not locked');
      assert.equal(await client.next(id, 10), other, 'a lock runs out as if nothing had been');
      expectProblem((await client.confirm(id, other, short.lockId)).reply, 409);
      assert.equal((await client.take(id)).body.itemId, 3);
      assert.equal((await second.terminate()).code, 0);
      client = of(await startLull({ dataDirectory }));
      assert.equal((await client.must(client.peek(id, 0))).next, null, 'nothing comes again');
    });

    it('of two replicas on one Redis each wakes the calls at the other, and knows its locks', async () => {
      const redis = await startRedis();
      const [one, two] = await Promise.all([startLull({ redis }), startLull({ redis })]);
      const [here, there] = [of(one), of(two)];
      const id = await here.mailbox('shared', ['AssetChanged']);
      for (const [poller, publisher] of [[there, one], [here, two]]) {
        const pending = poller.peek(id, 30).then((seen) => ({ seen, at: performance.now() }));
        assert.ok(await stillWaits(poller, id, pending));
        await publish(publisher, assetChanged('across'));
        const accepted = performance.now();
        const { seen, at } = await pending;
        console.log(`  woken at the other replica ${Math.max(0, at - accepted).toFixed(1)} ms behind the 202`);
        assert.ok(at - accepted < 1_000, 'by a notice, not by the look that follows each second');
        const message = seen.value.next;
        const { lockId } = await here.must(here.lock(id, message));
        expectProblem((await there.lock(id, message)).reply, 409);
        await there.must(there.confirm(id, message, lockId));
        expectProblem((await here.confirm(id, message, lockId)).reply, 404);
      }
      const [a, b] = [here.peek(id, 30), there.peek(id, 30)];
      assert.ok(await stillWaits(here, id, a) && await stillWaits(there, id, b));
      await publish(one, assetChanged('both'));
      const woken = await Promise.all([a, b]);
      assert.equal(woken[0].value.next, woken[1].value.next);
    });
  });
}
