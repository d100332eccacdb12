import { readFileSync } from 'node:fs';
import path from 'node:path';

import { BullMq } from '../contestants/bullmq.mjs';
import { Lull } from '../contestants/lull.mjs';
import { publish } from '../load.mjs';
import { costs, measured } from '../measure.mjs';
import { Sink } from '../sink.mjs';
import { percentile } from '../statistics.mjs';

const INTERVAL_SECONDS = 1;

/**
 * The lag of each item in ms, from its due time to the first byte at the sink. Due is taken as the time its event was
 * sent plus the interval, so the time that admission takes is part of the lag: it is an upper bound.
 */
export function lagsOf(sentLog, arrivalLog, { endpoint, warmupSeconds = 0, intervalSeconds }) {
  const rows = (file) => readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split(' ').map(Number));
  const arrivedAt = new Map();
  for (const [item, number, , ns] of rows(arrivalLog)) {
    if (number === endpoint && !arrivedAt.has(item)) {
      arrivedAt.set(item, ns);
    }
  }
  const sent = rows(sentLog);
  const from = sent.reduce((first, [, scheduled]) => Math.min(first, scheduled), Infinity) + warmupSeconds * 1e9;
  const missing = sent.filter(([item]) => !arrivedAt.has(item)).length;
  if (missing > 0) {
    throw new Error(`${missing} of ${sent.length} items did not arrive at endpoint ${endpoint}`);
  }
  return sent
    .filter(([, scheduled]) => scheduled >= from)
    .map(([item, , sentNs]) => (arrivedAt.get(item) - sentNs) / 1e6 - intervalSeconds * 1000)
    .sort((a, b) => a - b);
}

/** Distinct items at a fixed rate to endpoint 1, beside whatever `prepare` has made before. */
export async function lagRun(context, Contestant, { rate, concurrency, prepare = async () => {} }) {
  const sink = await Sink.start(context);
  const contestant = await Contestant.start(context, { intervalSeconds: INTERVAL_SECONDS, concurrency });
  await prepare(contestant, sink);
  await contestant.addEndpoint(sink.url(1));
  await sink.ask('record on');
  const seconds = context.pick(5, 20);
  const sentLog = path.join(context.workDir, 'sent');
  const arrivalLog = path.join(context.workDir, 'arrivals');
  const cost = await measured(contestant, async () => {
    const report = await publish(context, contestant, { connections: 64, rate, duration: seconds, sentLog });
    await sink.received(report.succeeded, { endpoint: 1 });
    return report;
  });
  await sink.ask(`dump ${arrivalLog}`);
  const warmupSeconds = context.pick(1, 4);
  const lags = lagsOf(sentLog, arrivalLog, { endpoint: 1, warmupSeconds, intervalSeconds: INTERVAL_SECONDS });
  return { contestant, cost, lags };
}

export function figures(lags) {
  return {
    'lag p50 ms': percentile(lags, 0.5),
    'lag p99 ms': percentile(lags, 0.99),
    'lag p99.9 ms': percentile(lags, 0.999),
    'lag max ms': lags.at(-1),
  };
}

function atRate(Contestant, rate) {
  return async (context) => {
    const { cost, lags } = await lagRun(context, Contestant, { rate });
    const published = cost.result;
    return {
      ...figures(lags),
      'ingest p99 ms': published.latencyMs.p99,
      ...costs(cost, published.eventsSucceeded, 'notification'),
    };
  };
}

/** One run with only a healthy endpoint and one with a blackholed one beside it, each on a fresh service. */
function besideDead(Contestant, blackhole) {
  const prepare = async (contestant, sink) => {
    if (!blackhole) {
      return;
    }
    await sink.ask('set 2 blackhole=1');
    await contestant.addEndpoint(sink.url(2));
  };
  return async (context) => figures((await lagRun(context, Contestant, { rate: 500, prepare })).lags);
}

export const cases = [
  ...[500, 2000, 5000].map((rate) => ({
    name: `lag-${rate}`,
    title: `Lag from due to first byte at ${rate} notifications/s, one endpoint, interval ${INTERVAL_SECONDS} s`,
    contestants: { lull: atRate(Lull, rate), bullmq: atRate(BullMq, rate) },
  })),
  {
    name: 'dead-endpoint',
    title: 'Lag of a healthy endpoint at 500/s, alone and beside one that never answers',
    contestants: {
      'lull alone': besideDead(Lull, false),
      'lull beside dead': besideDead(Lull, true),
      'bullmq alone': besideDead(BullMq, false),
      'bullmq beside dead': besideDead(BullMq, true),
    },
  },
];
