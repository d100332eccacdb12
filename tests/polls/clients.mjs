// The clients of the mailboxes, in a process of their own so that they do not slow down who measures: node clients.mjs
// <json>. Takes commands as messages and answers each: open, wake, close, flood.
import { sourceOf, Wire } from './wire.mjs';

const { port, still, lively } = JSON.parse(process.argv[2]); // ids; a lively mailbox has its index as scope
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const now = () => Number(process.hrtime.bigint()) / 1e6; // ms
const atOnce = 100; // calls begin so many at a time

let ending = false;
const clients = [];
const counts = {};
const count = (what) => { counts[what] = (counts[what] ?? 0) + 1; };
const posted = new Map(); // index of a lively mailbox → when its event was sent
const latencies = [];

/** Asks again whenever nothing came in time, on a new connection when it was turned away. @returns what came, or the end. */
async function poll(client, id) {
  for (;;) {
    const reply = await client.wire.call('GET', `/mailboxes/${id}/messages?wait=90`);
    if (ending || (reply.status !== 204 && reply.status !== 503 && reply.status !== 0)) return reply;
    if (reply.status === 204 && !client.wire.closed) continue;
    if (reply.status !== 204) count('turned away');
    await pause(1_000);
    if (client.wire.closed) client.wire = new Wire(port, client.source);
  }
}

async function waitForGood(client, id) {
  const reply = await poll(client, id);
  if (!ending) count(`unexpected ${reply.status}`);
}

/** As a client of a mailbox works: wait, lock, confirm, and again. */
async function work(client, id, index) {
  while (!ending) {
    const reply = await poll(client, id);
    if (ending) return;
    const { wire } = client;
    if (reply.status === 200 && posted.has(index)) latencies.push(now() - posted.get(index));
    posted.delete(index);
    const { next } = JSON.parse(reply.body || '{}');
    const lock = next && await wire.call('POST', `/mailboxes/${id}/messages/${encodeURIComponent(next.id)}/lock`);
    const lockId = lock && JSON.parse(lock.body || '{}').lockId;
    const done = lockId && await wire.call('DELETE', `/mailboxes/${id}/messages/${encodeURIComponent(next.id)}?lockId=${encodeURIComponent(lockId)}`);
    const how = done?.status === 204 ? 'received' : `failed ${reply.status} ${lock?.status} ${done?.status}`;
    count(how);
    if (reply.status !== 200) await pause(100);
  }
}

const commands = {
  /** `polls` calls wait, one of each lively mailbox and the others of the still ones. */
  async open({ polls }) {
    ending = false;
    for (let i = 0; i < polls; i += 1) {
      const client = { source: sourceOf(i), wire: new Wire(port, sourceOf(i)) };
      clients.push(client);
      if (i < lively.length) work(client, lively[i], i);
      else waitForGood(client, still[i % still.length]);
      if (i % atOnce === atOnce - 1) await pause(100);
    }
  },
  /** Wakes so many a second, each with an event of its own. */
  async wake({ perSecond, seconds }) {
    latencies.length = 0;
    const publisher = new Wire(port);
    const began = now();
    for (let i = 0; i < perSecond * seconds; i += 1) {
      const left = began + (i * 1_000) / perSecond - now();
      if (left > 0) await pause(left);
      const index = i % lively.length;
      if (posted.has(index)) count('late');
      posted.set(index, now());
      const reply = await publisher.call('POST', '/events', { type: 'AssetCreated', itemId: i + 1, baseId: 1, scope: `${index}` });
      if (reply.status !== 202) count(`event ${reply.status}`);
    }
    for (let i = 0; i < 100 && (posted.size > 0 || counts.received < perSecond * seconds); i += 1) await pause(50);
    publisher.destroy();
    return { latencies, missing: posted.size, counts };
  },
  /** All of them vanish at once. */
  async close() {
    ending = true;
    for (const { wire } of clients.splice(0)) wire.destroy();
    return counts;
  },
  /** Connections that ask and vanish, some before, some while they wait. */
  async flood({ connections }) {
    for (let i = 0; i < connections; i += atOnce) {
      const some = Array.from({ length: atOnce }, (_, k) => new Wire(port, sourceOf(i + k)));
      await Promise.all(some.map((wire) => new Promise((resolve) => { wire.socket.once('connect', resolve).once('close', resolve); })));
      some.forEach((wire, k) => { wire.call('GET', `/mailboxes/${still[k % still.length]}/messages?wait=90`); });
      await pause(i / atOnce % 2 === 0 ? 1 : 30);
      for (const wire of some) wire.destroy();
    }
  },
};

process.on('message', async ({ command, ...given }) => {
  process.send({ command, result: await commands[command](given) });
});
process.on('disconnect', () => process.exit());
