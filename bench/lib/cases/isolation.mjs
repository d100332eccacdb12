import { Lull } from '../contestants/lull.mjs';
import { preload } from '../load.mjs';
import { serviceRssMiB } from '../measure.mjs';
import { figures, lagRun } from './lag.mjs';

// Nothing listens there.
const DEAD = 'http://127.0.0.1:1/';
// The shipped value: it decides how many slots receivers that never answer can hold.
const CONCURRENCY = 16;
const FIRST_BACKLOGGED = 1_000_000_000;

/** As many items queued for an endpoint that refuses every connection, which goes on getting what the healthy one gets. */
async function deadBacklog(context, lull) {
  const count = context.pick(10_000, 1_000_000);
  await lull.addEndpoint(DEAD);
  await preload(context, lull, count, { firstItem: FIRST_BACKLOGGED });
  await lull.windowsFired();
  const { totals } = await lull.api('GET', '/stats');
  if (totals.queueDepth < count) {
    throw new Error(`only ${totals.queueDepth} of ${count} items are queued`);
  }
}

/** Endpoints that take a connection and never answer, each subscribed to all that the healthy one gets. */
async function blackholed(context, lull, sink) {
  for (let endpoint = 2; endpoint < 102; ++endpoint) {
    await sink.ask(`set ${endpoint} blackhole=1`);
    await lull.addEndpoint(sink.url(endpoint));
  }
}

/** The lag of a healthy endpoint at `rate`, on a fresh service, after `prepare`; and what the service holds at its end. */
function healthy(rate, prepare) {
  return async (context) => {
    const { lags, contestant } = await lagRun(context, Lull, {
      rate,
      concurrency: CONCURRENCY,
      prepare: (lull, sink) => prepare(context, lull, sink),
    });
    const { usedMemory } = await contestant.redis.info();
    return { ...figures(lags), 'service RSS MiB': serviceRssMiB(contestant), 'Redis MiB': usedMemory / 2 ** 20 };
  };
}

const alone = async () => {};

export const cases = [
  {
    name: 'beside-backlog-1m',
    title: 'Lag of a healthy endpoint at 500/s, alone and beside 1,000,000 items queued for a dead one',
    contestants: {
      'lull alone': healthy(500, alone),
      'lull beside 1 M': healthy(500, deadBacklog),
    },
  },
  {
    name: 'beside-100-blackholed',
    title: 'Lag of a healthy endpoint at 100/s, alone and beside 100 that never answer',
    contestants: {
      'lull alone': healthy(100, alone),
      'lull beside 100': healthy(100, blackholed),
    },
  },
];
