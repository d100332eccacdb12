import path from 'node:path';

import { sleep } from '../child.mjs';
import { Lull } from '../contestants/lull.mjs';
import { publish } from '../load.mjs';
import { beyondIdle, measured, scriptCalls, turns } from '../measure.mjs';
import { Sink } from '../sink.mjs';
import { figures, lagsOf } from './lag.mjs';

/** Calls that found nothing to claim, by the service's own count: a build that does not count them has no such figure. */
const IN_VAIN = 'lull_claims_in_vain_total';
const WARM_UP = 100;
const FIRST_MEASURED = 1_000_000;

/**
 * What one notification costs while there is little to do: single events of distinct items at `rate` a second, to one endpoint
 * that answers at once. The same service is measured before while nothing happens, and that is taken off.
 */
function atRate(rate, seconds, intervalSeconds) {
  return async (context) => {
    const sink = await Sink.start(context);
    const lull = await Lull.start(context, { intervalSeconds });
    await lull.addEndpoint(sink.url(1));
    const shape = { connections: 4, rate };
    await publish(context, lull, { ...shape, rate: Math.max(rate, WARM_UP), requests: WARM_UP });
    await sink.received(WARM_UP);
    await sleep(1_000); // Nothing tells from outside when the last one is settled.
    await sink.ask('reset');
    await sink.ask('record on');

    const duration = context.pick(Math.min(seconds, 5), seconds);
    const idle = await measured(lull, () => sleep(duration * 1000));
    const inVainBefore = await lull.metric(IN_VAIN);
    const sentLog = path.join(context.workDir, 'sent');
    const cost = await measured(lull, async () => {
      const report = await publish(context, lull, { ...shape, duration, firstItem: FIRST_MEASURED, sentLog });
      await sink.received(report.succeeded);
      await sleep(500); // The last one is settled.
      return report.succeeded;
    });
    const inVain = (await lull.metric(IN_VAIN)) - inVainBefore;

    const notifications = cost.result;
    const { requests } = await sink.stats();
    if (requests !== notifications) {
      throw new Error(`${requests} notifications came of ${notifications} events`);
    }
    const arrivalLog = path.join(context.workDir, 'arrivals');
    await sink.ask(`dump ${arrivalLog}`);
    const net = beyondIdle(cost, idle);
    return {
      'service+Redis CPU ms / notification': ((net.serviceCpu + net.redisCpu) / notifications) * 1e3,
      'service CPU ms / notification': (net.serviceCpu / notifications) * 1e3,
      'Redis CPU ms / notification': (net.redisCpu / notifications) * 1e3,
      ...turns(net, notifications, 'notification'),
      ...(Number.isNaN(inVain) ? {} : { 'claims in vain / notification': inVain / notifications }),
      ...figures(lagsOf(sentLog, arrivalLog, { endpoint: 1, intervalSeconds })),
      'idle: service CPU % of a core': (idle.serviceCpu / idle.seconds) * 100,
      'idle: Redis CPU % of a core': (idle.redisCpu / idle.seconds) * 100,
      'idle: script calls / s': scriptCalls(idle) / idle.seconds,
      'idle: append-only bytes / s': idle.appendOnlyBytes / idle.seconds,
    };
  };
}

// The fewer a second, the longer: the service's CPU time comes in ticks of 10 ms.
const lengths = { 10: 30, 100: 15, 500: 10 };

export const cases = Object.entries(lengths).map(([rate, seconds]) => ({
  name: `low-${rate}`,
  title: `What a notification costs at ${rate}/s, without what an idle service costs; debounce interval 0 and 1 s`,
  contestants: {
    'lull 0 s': atRate(Number(rate), seconds, 0),
    'lull 1 s': atRate(Number(rate), seconds, 1),
  },
}));
