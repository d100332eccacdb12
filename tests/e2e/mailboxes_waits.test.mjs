// Calls that wait for a message: for how long, how many, what wakes them, and how they end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { faces, percentile, stillWaits } from './support/mailboxes.mjs';
import { footprintOf } from './support/memory.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, publish } from './support/scenario.mjs';
import { waitFor, within } from './support/wait.mjs';

const timed = async (pending) => {
  const began = performance.now();
  const result = await pending;
  return { ...result, ms: performance.now() - began };
};

/** How many calls wait at this process. */
const waitingAt = async (lull) => (await lull.metrics()).value('lull_mailbox_polls_waiting');

suite('mailboxes: how long a call waits', () => {
  let lull;
  let longest;
  before(async () => {
    lull = await startLull();
    // They take a minute and a half: the other tests run meanwhile.
    longest = Object.values(faces).flatMap((of) => [undefined, 120].map(async (wait) => {
      const client = of(lull);
      return timed(client.peek(await client.mailbox(`silent, ${client.title}`, ['ComboValueChanged']), wait));
    }));
  });

  for (const [face, of] of Object.entries(faces)) {
    const waiting = async () => ({ client: of(lull), id: await of(lull).mailbox(`waiting, ${face}`, ['AssetChanged']) });

    it(`0: it does not wait (${face})`, async () => {
      const { client, id } = await waiting();
      const seen = await timed(client.peek(id, 0));
      assert.deepEqual([seen.ok, seen.value?.timedOut], [true, true]);
      assert.ok(seen.ms < 1_000, `${seen.ms} ms`);
    });

    it(`2: two seconds (${face})`, async () => {
      const { client, id } = await waiting();
      const seen = await timed(client.peek(id, 2));
      assert.equal(seen.value?.timedOut, true);
      assert.ok(seen.ms > 1_900 && seen.ms < 4_000, `${seen.ms} ms`);
    });

    for (const wait of [undefined, 120, 90]) {
      it(`${wait ?? 'omitted'}: until a message comes (${face})`, async () => {
        const { client, id } = await waiting();
        const pending = client.peek(id, wait);
        assert.ok(await stillWaits(client, id, pending));
        await publish(lull, assetChanged(1));
        const { next } = await client.must(pending);
        const { lockId } = await client.must(client.lock(id, next));
        await client.must(client.confirm(id, next, lockId));
      });
    }

    it(`-1, "x" and other things that are no number of seconds: 400 (${face})`, async () => {
      const { client, id } = await waiting();
      for (const wait of [-1, 'x', '1.5x', '', '0x10', ' 1']) expectProblem((await client.peek(id, wait)).reply, 400);
    });

    it(`no other mailbox wakes it, and it is told when its own goes (${face})`, async () => {
      const { client, id } = await waiting();
      const other = await client.mailbox(`beside, ${face}`, ['MetafieldChanged']);
      const gone = await client.mailbox(`going, ${face}`, ['TreeValueChanged']);
      const [waits, ends] = [client.peek(id, 30), client.peek(gone, 30)];
      assert.ok(await stillWaits(client, id, waits) && await stillWaits(client, gone, ends));
      await publish(lull, { type: 'MetafieldCreated', itemId: 1, baseId: 1 });
      await client.next(other);
      assert.equal((await lull.delete(`/endpoints/${gone}`)).status, 204);
      expectProblem((await within(5_000, 'the call whose mailbox went is answered', ends)).reply, 404);
      assert.ok(await stillWaits(client, id, waits));
      await publish(lull, assetChanged(2));
      await client.must(waits);
      await client.take(id);
    });
  }

  it('90 s is the most, and what it is when nothing is said', async () => {
    for (const seen of await Promise.all(longest)) {
      assert.equal(seen.value?.timedOut, true);
      assert.ok(seen.ms > 89_500 && seen.ms < 95_000, `${seen.ms} ms`);
    }
  });
});

for (const [face, of] of Object.entries(faces)) {
  suite(`mailboxes: how many calls wait (${face})`, () => {
    it('one beyond Mailboxes:MaxWaiting is a 503 with Retry-After; those that vanished count no more', async () => {
      const lull = await startLull({ settings: { 'Mailboxes:MaxWaiting': '5' } });
      const client = of(lull);
      const id = await client.mailbox('crowded', ['AssetChanged']);
      const path = face === 'REST' ? `/api/v1/mailboxes/${id}/messages?wait=60` : `/Events/Peek?subscriberId=${id}&timeout=60`;
      for (let round = 0; round < 20; round += 1) {
        const sockets = Array.from({ length: 5 }, () => connect(lull.port, '127.0.0.1'));
        for (const socket of sockets) {
          await once(socket, 'connect');
          socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        }
        await client.must(client.peek(id, 0)); // behind them
        for (const socket of sockets) socket[round % 2 ? 'resetAndDestroy' : 'destroy']();
      }
      await waitFor('nobody waits any more', async () => (await waitingAt(lull)) === 0);
      const waiting = Array.from({ length: 5 }, () => client.peek(id, 60));
      await waitFor('five wait', async () => (await waitingAt(lull)) === 5);
      const beyond = await client.peek(id, 60);
      expectProblem(beyond.reply, 503);
      assert.match(beyond.reply.headers['retry-after'], /^[1-9]\d*$/);
      assert.equal((await client.peek(id, 0)).ok, true, 'one that does not wait needs no place');
      await publish(lull, assetChanged(1));
      for (const seen of await Promise.all(waiting)) assert.equal(seen.value?.count, 1);
      await waitFor('there is room again', async () => (await waitingAt(lull)) === 0);
      assert.equal((await client.peek(id, 60)).ok, true);
    });
  });
}

suite('mailboxes: a thousand calls', () => {
  const threadsOf = (pid) => Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

  it('wait without a thread or a Redis connection each, beside an API that is as quick as ever, and are all woken', async () => {
    const redis = await startRedis();
    const lull = await startLull({ redis });
    const rest = faces.REST(lull);
    const ids = await Promise.all(Array.from({ length: 100 }, (_, index) => rest.mailbox(`of many ${index}`, ['AssetChanged'])));
    const api = async () => {
      const spans = [];
      for (let call = 0; call < 200; call += 1) spans.push((await timed(lull.get(`/endpoints/${ids[call % 100]}`))).ms);
      return percentile(spans, 0.99);
    };
    const clients = async () => Number(/connected_clients:(\d+)/.exec(await redis.command('INFO', 'clients'))[1]);
    const idle = { api: await api(), clients: await clients(), threads: threadsOf(lull.child.pid), footprint: footprintOf(lull.child.pid) };
    const polls = Array.from({ length: 1000 }, (_, index) => faces[index % 2 ? 'REST' : 'classic'](lull).peek(ids[index % 100], 90));
    await waitFor('all of them wait', async () => (await waitingAt(lull)) === 1000, { timeout: 30_000 });
    // Each call had a thread until it waited, and threads that have nothing to do end after a while.
    await waitFor('the threads are gone', () => threadsOf(lull.child.pid) < idle.threads + 50, { timeout: 30_000 });
    const during = { api: await api(), clients: await clients(), threads: threadsOf(lull.child.pid), growth: idle.footprint.growth() };
    const began = performance.now();
    await publish(lull, assetChanged('for all'));
    const seen = await Promise.all(polls);
    const took = performance.now() - began;
    const more = { threads: during.threads - idle.threads, clients: during.clients - idle.clients };
    console.log(`  1,000 calls wait: ${during.growth.toFixed(1)} MiB more, ${more.threads} threads more, ${more.clients} Redis connections more; `
      + `API p99 ${idle.api.toFixed(1)} → ${during.api.toFixed(1)} ms; all woken ${took.toFixed(0)} ms after the event was sent`);
    assert.ok(seen.every(({ value }) => value?.count === 1 && value.next), 'each has the message');
    assert.ok(more.clients < 10, `${during.clients} connections to Redis`);
    assert.ok(during.growth < 200, `${during.growth} MiB`);
    await waitFor('nobody waits any more', async () => (await waitingAt(lull)) === 0);
  });
});

suite('mailboxes: the end of the service', () => {
  it('answers calls that wait at once on SIGTERM, as timed out', async () => {
    const lull = await startLull();
    const polls = [];
    for (const of of Object.values(faces)) {
      const client = of(lull);
      const id = await client.mailbox(client.title, ['AssetChanged']);
      for (let call = 0; call < 5; call += 1) polls.push(timed(client.peek(id, 60)));
    }
    await waitFor('ten wait', async () => (await waitingAt(lull)) === 10);
    const { code, ms } = await lull.terminate();
    assert.equal(code, 0);
    assert.ok(ms < 3_000, `${ms} ms`);
    for (const seen of await Promise.all(polls)) assert.deepEqual([seen.ok, seen.value?.timedOut, seen.value?.next], [true, true, null], `${seen.status}`);
  });
});
