import { sleep } from '../child.mjs';
import { BullMq } from '../contestants/bullmq.mjs';
import { Lull } from '../contestants/lull.mjs';
import { measured, serviceRssMiB } from '../measure.mjs';
import { Sink } from '../sink.mjs';

/** Nothing happens: what do 1,000 registered endpoints cost? */
function idle(Contestant) {
  return async (context) => {
    const sink = await Sink.start(context, { listeners: 10 });
    const contestant = await Contestant.start(context, { intervalSeconds: 5 });
    for (let endpoint = 1; endpoint <= 1000; ++endpoint) {
      await contestant.addEndpoint(sink.url(endpoint));
    }
    await sleep(context.pick(2_000, 5_000));
    const cost = await measured(contestant, () => sleep(context.pick(5_000, 30_000)));
    return {
      'service CPU % of a core': (cost.serviceCpu / cost.seconds) * 100,
      'Redis CPU % of a core': (cost.redisCpu / cost.seconds) * 100,
      'Redis socket reads / s': cost.redisReads / cost.seconds,
      'service RSS MiB': serviceRssMiB(contestant),
    };
  };
}

export const cases = [
  { name: 'idle-1000', title: '1,000 idle endpoints', contestants: { lull: idle(Lull), bullmq: idle(BullMq) } },
];
