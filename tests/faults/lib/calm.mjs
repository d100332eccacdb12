// After everything is healed: what must hold to the letter when nothing is broken. The ledger gets marks of which events
// belong to which experiment; the checker judges.
import { now, pause } from './ledger.mjs';
import { MachineWatch } from './machine.mjs';

export async function calmPhase({ ledger, load, operator, receivers, random, instances }) {
  const healthy = await operator.create({ mask: 11, steady: true });
  const dead = [];
  for (let i = 0; i < 3; i += 1) dead.push(await operator.create({ mask: 4, steady: true }));
  const watch = new MachineWatch(ledger);
  const mark = (what, more) => ledger.write('run', { calm: what, at: now(), ep: healthy.name, ...more });

  const singles = async (what, count) => {
    const numbers = [];
    for (let i = 0; i < count; i += 1) {
      const event = load.event(8, `${what}-${i}`);
      numbers.push(event.baseId);
      await load.publish([event], random.pick(instances));
      await pause(15);
    }
    mark('singles', { what, numbers });
  };

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
  await watch.stop();
  for (const endpoint of dead) await operator.retryQueue(endpoint);
}
