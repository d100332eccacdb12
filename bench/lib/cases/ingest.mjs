import { BullMq } from '../contestants/bullmq.mjs';
import { Lull } from '../contestants/lull.mjs';
import { publish } from '../load.mjs';
import { costs, measured, serviceRssMiB } from '../measure.mjs';
import { Sink } from '../sink.mjs';
import { bareHandler } from './limits.mjs';

/** Windows stay open during the run (interval of an hour), so that nothing but admission is measured. */
function ingest(Contestant, fsync, shape) {
  return async (context) => {
    const sink = await Sink.start(context);
    const contestant = await Contestant.start(context, { fsync });
    await contestant.addEndpoint(sink.url(1));
    const timing = { duration: context.pick(3, 10), warmup: 1 };
    const cost = await measured(contestant, () => publish(context, contestant, { ...shape, ...timing }));
    const report = cost.result;
    return {
      'events/s': report.eventsPerSecond,
      'p50 ms': report.latencyMs.p50,
      'p99 ms': report.latencyMs.p99,
      'p99.9 ms': report.latencyMs.p999,
      ...costs(cost, report.eventsSucceeded, 'event'),
      ...(shape.hotUniverse ? {} : { 'Redis bytes / pending window': cost.redisMemory / report.eventsSucceeded }),
      'service RSS MiB': serviceRssMiB(contestant),
      'generator CPU s / 10k events': (report.cpuSeconds / report.eventsSucceeded) * 1e4,
    };
  };
}

const shapes = {
  'ingest-16': ['one by one, 16 connections', { body: 'single', connections: 16 }],
  'ingest-64': ['one by one, 64 connections', { body: 'single', connections: 64 }],
  'ingest-256': ['one by one, 256 connections', { body: 'single', connections: 256 }],
  'ingest-hot': [
    'one by one, 64 connections, 90 % of the events on 1 % of 100,000 items',
    { body: 'single', connections: 64, hotUniverse: 100_000 },
  ],
  'ingest-array': ['bulk of 100 as an array, 16 connections', { body: 'array', connections: 16 }],
  'ingest-ndjson': ['bulk of 100 as NDJSON, 16 connections', { body: 'ndjson', connections: 16 }],
};

export const cases = Object.entries(shapes).flatMap(([name, [title, shape]]) =>
  ['everysec', 'always'].map((fsync) => ({
    name: `${name}-${fsync}`,
    title: `Ingest ${title}, appendfsync ${fsync}`,
    contestants: {
      lull: ingest(Lull, fsync, shape),
      bullmq: ingest(BullMq, fsync, shape),
      ...(fsync === 'everysec' ? { 'bare cpp-httplib': bareHandler(shape) } : {}),
    },
  })),
);
