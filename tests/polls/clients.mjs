// The clients of the mailboxes, in a process of their own so that they do not slow down who measures: node clients.mjs
// <json>. Takes commands as messages and answers each: open, wake, close, flood.
import { sourceOf, Wire } from './wire.mjs';

const { port, still, lively } = JSON.parse(process.argv[2]); // ids; a lively mailbox has its index as scope
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const now = () => Number(process.hrtime.bigint()) / 1e6; // ms
const atOnce = 100; // calls begin so many at a time

let ending = false;
const wires = [];
const counts = {};
const posted = new Map(); // index of a lively mailbox → when its event was sent
const latencies = [];

/** Asks again whenever nothing came in time. @returns when something came, or the end did. */
async function poll(wire, id) {
  for (;;) {
    const reply = await wire.call('GET', `/mailboxes/${id}/messages?wait=90`);
    if (reply.status !== 204 || ending) return reply;
  }
}

async function waitForGood(wire, id) {
  const reply = await poll(wire, id);
  if (!ending) counts[`unexpected ${reply.status}`] = (counts[`unexpected ${reply.status}`] ?? 0) + 1;
}

/** As a client of a mailbox works: wait, lock, confirm, and again. */
async function work(wire, id, index) {
  while (!ending) {
    const reply = await poll(wire, id);
    if (ending) return;
    if (reply.status === 200 && posted.has(index)) latencies.push(now() - posted.get(index));
    posted.delete(index);
    const { next } = JSON.parse(reply.body || '{}');
    const lock = next && await wire.call('POST', `/mailboxes/${id}/messages/${encodeURIComponent(next.id)}/lock`);
    const lockId = lock && JSON.parse(lock.body || '{}').lockId;
    const done = lockId && await wire.call('DELETE', `/mailboxes/${id}/messages/${encodeURIComponent(next.id)}?lockId=${encodeURIComponent(lockId)}`);
    const how = done?.status === 204 ? 'received' : `failed ${reply.status} ${lock?.status} ${done?.status}`;
    counts[how] = (counts[how] ?? 0) + 1;
    if (reply.status !== 200) await pause(100);
  }
}

const commands = {
  /** `polls` calls wait, one of each lively mailbox and the others of the still ones. */
  async open({ polls }) {
    ending = false;
    for (let i = 0; i < polls; i += 1) {
      const wire = new Wire(port, sourceOf(i));
      wires.push(wire);
      if (i < lively.length) work(wire, lively[i], i);
      else waitForGood(wire, still[i % still.length]);
      if (i % atOnce === atOnce - 1) await pause(20);
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
      if (posted.has(index)) counts.late = (counts.late ?? 0) + 1;
      posted.set(index, now());
      const reply = await publisher.call('POST', '/events', { type: 'AssetCreated', itemId: i + 1, baseId: 1, scope: `${index}` });
      if (reply.status !== 202) counts[`event ${reply.status}`] = (counts[`event ${reply.status}`] ?? 0) + 1;
    }
    for (let i = 0; i < 100 && posted.size > 0; i += 1) await pause(50);
    publisher.destroy();
    return { latencies, missing: posted.size, counts };
  },
  /** All of them vanish at once. */
  async close() {
    ending = true;
    for (const wire of wires.splice(0)) wire.destroy();
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
