// After everything is healed: what must hold to the letter when nothing is broken. The ledger gets marks of which events
// belong to which experiment; the checker judges.
import { times } from './fleet.mjs';
import { now, pause } from './ledger.mjs';
import { MachineWatch } from './machine.mjs';

export async function calmPhase({ ledger, load, operator, receivers, random, instances }) {
  const healthy = await operator.create({ mask: 11, steady: true });
  const each = await operator.create({ mask: 8, steady: true, delivery: 'every' });
  const dead = [];
  for (let i = 0; i < 3; i += 1) dead.push(await operator.create({ mask: 4, steady: true }));
  const watch = new MachineWatch(ledger);
  const mark = (what, more) => ledger.write('run', { calm: what, at: now(), ep: healthy.name, ...more });

  const singles = async (what, count) => {
    const from = now();
    const numbers = [];
    for (let i = 0; i < count; i += 1) {
      const event = load.event(8, `${what}-${i}`);
      numbers.push(event.baseId);
      await load.publish([event], random.pick(instances));
      await pause(15);
    }
    mark('singles', { what, from, numbers });
    if (what === 'alone') mark('singles', { what: 'each', from, numbers, ep: each.name });
  };

  // None of them is ever changed, except as said below, so that each answer has one meaning.
  const limited = await operator.create({ mask: 2, steady: true, maxConcurrency: 64 });
  const rejecting = await operator.create({ mask: 8, steady: true });
  const slow = await operator.create({ mask: 4, steady: true });

  await singles('alone', 60);
  for (let key = 0; key < 5; key += 1) {
    const numbers = [];
    for (let i = 0; i < 6; i += 1) {
      const event = load.event(1, `burst-${key}`);
      numbers.push(event.baseId);
      await load.publish([event], random.pick(instances));
      await pause(30);
    }
    mark('burst', { numbers });
  }
  for (const endpoint of dead) receivers.setMood(endpoint.name, 'blackhole');
  for (let i = 0; i < 40; i += 1) await load.publish([load.event(4, `dead-${i}`)]);
  await pause(500);
  await singles('beside', 60);
  receivers.calm();
  await registeredOnTheWay({ ledger, load, operator, instances, random });
  await deliveryRules({ ledger, load, operator, receivers, instances, random }, { limited, rejecting, slow });
  await watch.stop();
  for (const endpoint of dead) await operator.retryQueue(endpoint);
}

/** A receiver that takes ten a second, one that rejects half of what it gets, and one that is slow while its time-out is changed. */
async function deliveryRules({ ledger, load, operator, receivers, instances, random }, { limited, rejecting, slow }) {
  const told = async (rule, endpoint, events) => {
    const from = now();
    for (const event of events) await load.publish([event], random.pick(instances));
    ledger.write('run', { calm: rule, from, ep: endpoint.name, numbers: events.map(({ baseId }) => baseId) });
  };
  receivers.setMood(limited.name, 'limited');
  receivers.setMood(rejecting.name, 'picky');
  receivers.setMood(slow.name, 'later');
  await told('limited', limited, Array.from({ length: 80 }, (_, i) => load.event(2, 5_000 + i)));
  await told('rejecting', rejecting, [...Array.from({ length: 12 }, (_, i) => load.event(8, 5_001 + 2 * i)), load.event(8, 5_100)]);
  // What fails for want of time is sent again after its time-out was raised: whoever claims it may not know of that yet, and must not
  // send what its lease is too short for. If it does, somebody else sends it once more, which the checker finds (I4).
  for (let round = 0; round < 3; round += 1) {
    await operator.setTimeout(slow, 1_000);
    const before = receivers.arrivals(slow.name);
    await told('slow', slow, Array.from({ length: 8 }, (_, i) => load.event(4, `slow-${round}-${i}`)));
    await receivers.received(slow.name, before + 8, 5_000);
    await operator.setTimeout(slow, times.longestTimeout);
    await receivers.answered(slow.name, 8 * (round + 1), 10_000);
  }
  await receivers.answered(limited.name, 80, 20_000);
  // Else what the slow one has not answered yet decides whether the run becomes quiet in time.
  receivers.calm();
}

/**
 * Endpoints that are registered, or take a type, while acknowledged events still wait in the stream: every instance is held before it
 * hands them out. Nothing older than their registration may come to them; the checker sees whether it does (I5).
 */
async function registeredOnTheWay({ load, operator, instances, random }) {
  const narrow = await operator.create({ mask: 8, delivery: 'every' });
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  const traps = instances.map(({ proxy }) => proxy.trap({ script: 'fan', when: 'before', action: () => released }));
  try {
    for (let i = 0; i < 5; i += 1) await load.publish([load.event(1, `on-the-way-${i}`)], random.pick(instances));
    // Whoever handed them out before it was held leaves nothing to see, which is why there is more than one event.
    await Promise.all(instances.map(() => load.publish([load.event(1, 'on-the-way-last')], random.pick(instances))));
    const endpoint = await operator.create({ mask: 1, delivery: 'every', order: 'endpoint' });
    await operator.setMask(narrow, 9);
    for (let i = 0; i < 3; i += 1) await load.publish([load.event(1, `behind-the-registration-${i}`)], random.pick(instances));
    endpoint.steady = narrow.steady = true;
  } finally {
    release();
    for (const trap of traps) trap.cancel();
  }
}
