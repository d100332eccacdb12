import { BullMq } from '../contestants/bullmq.mjs';
import { Lull } from '../contestants/lull.mjs';
import { preload } from '../load.mjs';
import { costs, measured, serviceRssMiB } from '../measure.mjs';
import { Sink } from '../sink.mjs';
import { postLoop } from './limits.mjs';

/**
 * Windows are opened with an interval of an hour and flushed at once; the time runs from the call of the flush to the
 * first byte of the last notification. Every item has to arrive at every endpoint.
 */
function drain(Contestant, { windows, fanOut, settings = {} }) {
  return async (context) => {
    const sink = await Sink.start(context);
    const contestant = await Contestant.start(context, settings);
    for (let endpoint = 1; endpoint <= fanOut; ++endpoint) {
      await contestant.addEndpoint(sink.url(endpoint));
    }
    const items = windows(context);
    await preload(context, contestant, items);
    await sink.ask('record on');
    const sinkBefore = await sink.stats();
    const expected = items * fanOut;
    let flushedNs;
    const cost = await measured(contestant, async () => {
      flushedNs = Number(process.hrtime.bigint());
      const watch = () => contestant.services.forEach((service) => service.assertAlive());
      const [stats] = await Promise.all([sink.received(expected, { watch }), contestant.flush()]);
      return stats;
    });
    const { distinct } = await sink.ask('distinct');
    if (distinct !== expected) {
      throw new Error(`${distinct} different notifications of ${expected} arrived`);
    }
    const stats = cost.result;
    return {
      'notifications/s': expected / ((stats.lastNs - flushedNs) / 1e9),
      'notifications/s after the first': (expected - 1) / ((stats.lastNs - stats.firstNs) / 1e9),
      ...costs(cost, expected, 'notification'),
      duplicates: stats.requests - expected,
      'service RSS MiB': serviceRssMiB(contestant),
      'sink CPU s / 10k notifications': ((stats.cpuSeconds - sinkBefore.cpuSeconds) / expected) * 1e4,
    };
  };
}

const hundredThousand = (context) => context.pick(10_000, 100_000);
const fiveThousand = (context) => context.pick(500, 5_000);

export const cases = [
  {
    name: 'drain-1',
    title: 'Drain distinct items to one endpoint',
    contestants: {
      lull: drain(Lull, { windows: hundredThousand, fanOut: 1 }),
      bullmq: drain(BullMq, { windows: hundredThousand, fanOut: 1 }),
      'bare POST loop': postLoop((context) => context.pick(50_000, 500_000)),
    },
  },
  {
    name: 'drain-20',
    title: 'Drain distinct items to 20 endpoints each',
    contestants: {
      lull: drain(Lull, { windows: fiveThousand, fanOut: 20 }),
      bullmq: drain(BullMq, { windows: fiveThousand, fanOut: 20, settings: { design: 'windows' } }),
    },
  },
  {
    name: 'transports',
    title: 'Drain distinct items to one endpoint, by transport',
    contestants: {
      lull: drain(Lull, { windows: hundredThousand, fanOut: 1 }),
      'lull CppRest': drain(Lull, { windows: hundredThousand, fanOut: 1, settings: { transport: 'CppRest' } }),
    },
  },
  {
    name: 'instances-drain',
    title: 'Drain distinct items to one endpoint, one and two instances on one Redis',
    contestants: {
      'lull x1': drain(Lull, { windows: hundredThousand, fanOut: 1 }),
      'lull x2': drain(Lull, { windows: hundredThousand, fanOut: 1, settings: { instances: 2 } }),
    },
  },
];
