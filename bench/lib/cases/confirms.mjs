import { Lull } from '../contestants/lull.mjs';
import { preload } from '../load.mjs';
import { costs, measured } from '../measure.mjs';
import { Rabbit } from '../rabbit.mjs';

const QUEUE = 'bench';
const BODY_BYTES = 1024;
/** So that the body of a CloudEvent is as long, and as long for each item. */
const DATA_BYTES = 806;
const FIRST_ITEM = 1_000_000;

const many = (context) => context.pick(3_000, 20_000);
const fewer = (context) => context.pick(300, 1_500);

/** From the first publication to the last confirm. */
function barePublisher(count, window) {
  return async (context) => {
    const rabbit = await Rabbit.start(context, QUEUE);
    const messages = count(context);
    const { perSecond, cpuSeconds } = await rabbit.publish(messages, window, BODY_BYTES);
    return { 'messages/s': perSecond, 'service CPU s / 10k messages': (cpuSeconds / messages) * 1e4 };
  };
}

/** All messages wait at a paused endpoint: from the call that resumes it until the broker's queue holds the last of them. */
function drain(count, telling) {
  return async (context) => {
    const rabbit = await Rabbit.start(context, QUEUE);
    const messages = count(context);
    const lull = await Lull.start(context, { settings: [...rabbit.settings, '--FormatValues:Source=/bench', '--Delivery:MaxQueued=4000000'] });
    const { id } = await lull.api('POST', '/endpoints', {
      name: 'bench', channel: 'rabbitmq', changeTypes: 15, delivery: 'every', format: 'CloudEvents', target: { broker: 'bench', queue: QUEUE }, ...telling,
    });
    lull.endpointIds = [id];
    await lull.pause();
    await preload(context, lull, messages, { dataBytes: DATA_BYTES, firstItem: FIRST_ITEM });
    await lull.queued(messages);
    const filled = await rabbit.watch(messages);
    let resumedNs;
    const cost = await measured(lull, async () => {
      resumedNs = Number(process.hrtime.bigint());
      await lull.resume();
      return filled();
    });
    const { at, messages: held, bodyBytes, headers, durable } = cost.result;
    if (held !== messages || Math.abs(bodyBytes - BODY_BYTES) > 8 || headers !== 3 || !durable) {
      throw new Error(`it is not what the bare publisher sends: ${JSON.stringify(cost.result)} of ${messages}`);
    }
    return { 'messages/s': messages / ((at - resumedNs) / 1e9), ...costs(cost, messages, 'message') };
  };
}

const window = (most) => ({ order: 'none', maxConcurrency: most });

export const cases = [
  {
    name: 'confirms',
    title: 'Fill a queue of RabbitMQ, with publisher confirms: a bare publisher, and a drain with as many messages under way',
    contestants: {
      'bare publisher, 1': barePublisher(fewer, 1),
      'lull, one lane': drain(fewer, { order: 'endpoint' }),
      'bare publisher, 64': barePublisher(many, 64),
      'lull, 64': drain(many, window(64)),
      'bare publisher, 256': barePublisher(many, 256),
      'lull, 256': drain(many, window(256)),
    },
  },
];
