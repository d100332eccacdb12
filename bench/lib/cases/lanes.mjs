import { Lull } from '../contestants/lull.mjs';
import { preload } from '../load.mjs';
import { costs, measured, serviceRssMiB } from '../measure.mjs';
import { Sink } from '../sink.mjs';
import { postLoop } from './limits.mjs';

const ORDERED = { delivery: 'every', order: 'endpoint' };
const EVERY = { delivery: 'every' };

/** Beyond what any case queues, so that no endpoint meets its cap. */
const ROOM = ['--Delivery:MaxQueued=4000000', '--Delivery:MaxQueuedBytes=4294967296'];

/**
 * A service whose one endpoint is paused and has `count` messages, `items` of them distinct at a time, so that however many are
 * queued there are no more than `items` open windows beside them.
 */
async function filled(context, sink, { count, items = count, telling = {} }) {
  const lull = await Lull.start(context, { intervalSeconds: 6 * 3600, settings: ROOM });
  await lull.addEndpoint(sink.url(1), 15, telling);
  await lull.pause();
  for (let stored = 0; stored < count; stored += items) {
    await preload(context, lull, items);
    if (telling.delivery !== 'every') {
      await lull.flush();
    }
  }
  await lull.queued(count);
  if ((await sink.stats()).requests !== 0) {
    throw new Error('a paused endpoint was notified');
  }
  return lull;
}

/** From the call that resumes the endpoint to the first byte of the last of `sample` notifications. */
async function resumed(lull, sink, sample) {
  let resumedNs;
  const cost = await measured(lull, async () => {
    resumedNs = Number(process.hrtime.bigint());
    await lull.resume();
    return sink.received(sample, { watch: () => lull.services.forEach((service) => service.assertAlive()) });
  });
  const { requests, firstNs, lastNs } = cost.result;
  return {
    'notifications/s': requests / ((lastNs - resumedNs) / 1e9),
    'notifications/s after the first': (requests - 1) / ((lastNs - firstNs) / 1e9),
    ...costs(cost, requests, 'notification'),
  };
}

/** All messages wait when the time begins, whichever way they came: what differs is how they are stored, claimed and followed. */
function drain({ telling, perItem = 1 }) {
  return async (context) => {
    const count = context.pick(10_000, 100_000);
    const sink = await Sink.start(context);
    const lull = await filled(context, sink, { count, items: count / perItem, telling });
    await sink.ask('record on');
    const figures = await resumed(lull, sink, count);
    const [{ distinct }, { requests }] = [await sink.ask('distinct'), await sink.stats()];
    if (distinct !== count / perItem || requests < count) {
      throw new Error(`${requests} notifications of ${distinct} items came, not ${count} of ${count / perItem}`);
    }
    return { ...figures, duplicates: requests - count, 'service RSS MiB': serviceRssMiB(lull) };
  };
}

/** One lane, one message in flight: nothing but its own round trips decides how fast it is. */
function oneLane(delayMs) {
  return async (context) => {
    const count = delayMs === 0 ? context.pick(2_000, 20_000) : context.pick(500, 3_000);
    const sink = await Sink.start(context);
    await sink.ask(`set 1 delay=${delayMs}`);
    const lull = await filled(context, sink, { count, items: Math.min(count, 1_000), telling: ORDERED });
    return resumed(lull, sink, count);
  };
}

function depth(count) {
  return async (context) => {
    const messages = context.pick(Math.min(count, 20_000), count);
    const sink = await Sink.start(context);
    const lull = await filled(context, sink, { count: messages, items: 10_000, telling: ORDERED });
    const figures = await resumed(lull, sink, 5_000);
    return { ...figures, 'RSS MiB, messages queued': serviceRssMiB(lull) };
  };
}

/** The windows are opened before there is an endpoint, and opened no wider by what follows: only the messages are counted. */
function bytes(telling) {
  return async (context) => {
    const items = 10_000;
    const count = context.pick(20_000, 1_000_000);
    const sink = await Sink.start(context);
    const lull = await Lull.start(context, { intervalSeconds: 6 * 3600, settings: ROOM });
    await preload(context, lull, items, { dataBytes: 200 });
    await lull.addEndpoint(sink.url(1), 15, telling);
    await lull.pause();
    const before = (await lull.redis.info()).usedMemory;
    for (let stored = 0; stored < count; stored += items) {
      await preload(context, lull, items, { dataBytes: 200 });
    }
    await lull.queued(count);
    return { 'Redis bytes / queued message': ((await lull.redis.info()).usedMemory - before) / count };
  };
}

const once = (context) => context.pick(5_000, 50_000);
const fewer = (context) => context.pick(500, 3_000);

export const cases = [
  {
    name: 'drain-every-item',
    title: 'Drain as many messages to one endpoint: debounced, every event of distinct items, every event of items with four each',
    contestants: {
      'lull debounced': drain({}),
      'lull every': drain({ telling: EVERY }),
      'lull every, 4 per item': drain({ telling: EVERY, perItem: 4 }),
    },
  },
  {
    name: 'lane-endpoint',
    title: 'One ordered lane, its receiver answers at once or after 5 ms; beside one connection that only posts',
    contestants: {
      lull: oneLane(0),
      'bare POST loop': postLoop(once, { connections: 1 }),
      'lull, 5 ms': oneLane(5),
      'bare POST loop, 5 ms': postLoop(fewer, { connections: 1, delayMs: 5 }),
    },
  },
  { name: 'lane-depth-10k', title: 'The first 5,000 of an ordered lane of 10,000', contestants: { lull: depth(10_000) } },
  { name: 'lane-depth-1m', title: 'The first 5,000 of an ordered lane of 1,000,000', contestants: { lull: depth(1_000_000) } },
  {
    name: 'lane-bytes',
    title: 'Redis memory of 1,000,000 messages with 200 bytes of data each',
    contestants: { 'lull item': bytes(EVERY), 'lull endpoint': bytes(ORDERED), 'lull none': bytes({ ...EVERY, order: 'none' }) },
  },
];
