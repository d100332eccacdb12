import { Lull } from '../contestants/lull.mjs';
import { publish } from '../load.mjs';
import { costs, measured } from '../measure.mjs';
import { Sink } from '../sink.mjs';

/** The connections are spread over the instances. */
function ingestWith(instances) {
  return async (context) => {
    const sink = await Sink.start(context);
    const lull = await Lull.start(context, { instances });
    await lull.addEndpoint(sink.url(1));
    const shape = { connections: 64, duration: context.pick(3, 10), warmup: 1 };
    const cost = await measured(lull, () => publish(context, lull, shape));
    return {
      'events/s': cost.result.eventsPerSecond,
      'p99 ms': cost.result.latencyMs.p99,
      ...costs(cost, cost.result.eventsSucceeded, 'event'),
    };
  };
}

export const cases = [
  {
    name: 'instances-ingest',
    title: 'Ingest one by one, 64 connections, one and two instances on one Redis',
    contestants: { 'lull x1': ingestWith(1), 'lull x2': ingestWith(2) },
  },
];
