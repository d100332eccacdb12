import { Lull } from '../contestants/lull.mjs';
import { preload } from '../load.mjs';
import { costs, measured, serviceRssMiB } from '../measure.mjs';
import { Sink } from '../sink.mjs';

/**
 * Memory and cost under a backlog: `backlog` open windows, then as many messages queued for a paused endpoint, then the
 * cost of claiming and settling the first of them once it is resumed.
 */
function backlog(count) {
  return async (context) => {
    const items = context.pick(Math.min(count, 10_000), count);
    const sink = await Sink.start(context);
    const lull = await Lull.start(context, { intervalSeconds: 6 * 3600 });
    await lull.addEndpoint(sink.url(1));
    const empty = (await lull.redis.info()).usedMemory;
    await preload(context, lull, items);
    const windows = (await lull.redis.info()).usedMemory;
    const rssWithWindows = serviceRssMiB(lull);
    await lull.pause();
    await lull.flush();
    await lull.windowsFired();
    const queued = (await lull.redis.info()).usedMemory;
    const rssWithQueue = serviceRssMiB(lull);
    if ((await sink.stats()).requests !== 0) {
      throw new Error('a paused endpoint was notified');
    }
    const sample = Math.min(items, 50_000);
    const cost = await measured(lull, async () => {
      await lull.resume();
      return sink.received(sample);
    });
    return {
      'Redis bytes / pending window': (windows - empty) / items,
      'Redis bytes / queued message': (queued - empty) / items,
      'RSS MiB, windows pending': rssWithWindows,
      'RSS MiB, messages queued': rssWithQueue,
      'notifications/s': (cost.result.requests - 1) / ((cost.result.lastNs - cost.result.firstNs) / 1e9),
      ...costs(cost, cost.result.requests, 'notification'),
    };
  };
}

export const cases = [
  { name: 'backlog-10k', title: 'Backlog of 10,000 items', contestants: { lull: backlog(10_000) } },
  { name: 'backlog-1m', title: 'Backlog of 1,000,000 items', contestants: { lull: backlog(1_000_000) } },
  { name: 'backlog-5m', title: 'Backlog of 5,000,000 items', contestants: { lull: backlog(5_000_000) }, optional: true },
];
