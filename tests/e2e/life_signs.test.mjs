// A process that dies is missed within seconds, although its leases last for 25 s; one that lives loses none of them,
// whatever happens to Redis.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { gate, startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const settings = { 'Delivery:Timeout': '00:00:15', 'Delivery:LeaseMargin': '00:00:10' };
const soon = 15_000; // Well below the lease; two or three seconds are usual.

/** Two processes, one of which has a notification in flight; its receiver answers when `hold` is opened. */
class Fleet {
  static async with({ steppedClock } = {}) {
    const fleet = new Fleet();
    fleet.hold = gate();
    fleet.sink = await startSink((_, index) => ({ status: 200, hold: index === 0 ? fleet.hold.opened : undefined }));
    fleet.redis = await startRedis({ steppedClock, options: { appendfsync: 'always' } });
    fleet.lulls = await Promise.all([1, 2].map(() => startLull({ redis: fleet.redis, settings })));
    await register(fleet.lulls[0], fleet.sink.url);
    await publish(fleet.lulls[0], assetChanged(1));
    await fleet.sink.received(1);
    await waitFor('one of them is sending', async () => {
      const inFlight = await Promise.all(fleet.lulls.map(async (lull) => (await lull.metrics()).value('lull_in_flight')));
      fleet.sender = fleet.lulls[inFlight.indexOf(1)];
      fleet.other = fleet.lulls[1 - inFlight.indexOf(1)];
      return inFlight.includes(1);
    });
    return fleet;
  }

  /** The signs of life: member → until when it is valid. */
  async signs() {
    const words = (await this.redis.command('ZRANGE', '{lull:00}:signs', '0', '-1', 'WITHSCORES')).split('\n');
    return new Map(words.flatMap((word, index) => (index % 2 === 0 && word !== '' ? [[word, Number(words[index + 1])]] : [])));
  }

  /** Until both have given their signs for so long that one would have taken over from the other by now. */
  async livedOn(before) {
    const since = Math.max(...before.values());
    await waitFor('both have given their signs for six seconds', async () =>
      [...(await this.signs()).values()].filter((until) => until > since + 6_000).length === 2, { timeout: 30_000 });
  }

  async takenOver() {
    const counts = await Promise.all(this.lulls.map(async (lull) => (await lull.metrics()).value('lull_leases_reclaimed_total')));
    return counts.reduce((sum, count) => sum + count, 0);
  }
}

suite('signs of life', () => {
  it('of a process that is killed end, and another one sends what was in flight within seconds', async () => {
    const { sink, sender, other } = await Fleet.with();
    await sender.kill9();
    await sink.received(2, undefined, soon);
    await other.drained();
    const [first, second] = sink.requests;
    assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
    assert.equal(second.headers['lull-attempt'], '2');
    assert.equal((await other.metrics()).value('lull_leases_reclaimed_total'), 1);
    const told = other.log.filter(({ message, level }) => /took over leases/.test(message) && level === 'Warning');
    assert.deepEqual(told.map(({ leases }) => leases), [1]);
  });

  it('of a process that was frozen come back under another slot, and its late result changes nothing', async () => {
    const fleet = await Fleet.with();
    const { sink, sender, other, hold } = fleet;
    const before = await fleet.signs();
    sender.child.kill('SIGSTOP');
    await sink.received(2, undefined, soon);
    await other.drained();
    sender.child.kill('SIGCONT');
    hold.open();
    await waitFor('its result is late', () => sender.log.find(({ message }) => /late settlements changed nothing/.test(message)));
    const delivered = (await other.metrics()).value('lull_fleet_notifications_delivered_total');
    assert.equal(delivered, 1);
    const after = await waitFor('both give signs', async () => {
      const signs = await fleet.signs();
      return signs.size === 2 ? signs : undefined;
    });
    assert.equal([...after.keys()].filter((sign) => before.has(sign)).length, 1, 'the frozen one has another slot');
    await publish(sender, assetChanged(2));
    await sink.received(3);
    assert.equal(sink.requests.length, 3);
  });

  it('end with a process that is stopped', async () => {
    const fleet = await Fleet.with();
    fleet.hold.open();
    await fleet.other.drained();
    for (const lull of fleet.lulls) assert.equal((await lull.terminate()).code, 0);
    assert.deepEqual([...(await fleet.signs()).keys()], []);
  });

  const trouble = {
    'is frozen for five seconds': async ({ redis }) => {
      redis.freeze();
      await new Promise((resolve) => { setTimeout(resolve, 5_000); });
      redis.thaw();
    },
    'is restarted': async ({ redis }) => {
      await redis.kill();
      await redis.start();
    },
    'has its clock set an hour ahead': ({ redis }) => redis.clock.step(3_600),
    'has its clock set three seconds ahead': ({ redis }) => redis.clock.step(3),
    'has its clock set back': ({ redis }) => redis.clock.step(-86_400),
  };
  for (const [name, make] of Object.entries(trouble)) {
    it(`outlast it when Redis ${name}: no lease is taken over, nothing is repeated`, async () => {
      const fleet = await Fleet.with({ steppedClock: true });
      const before = await fleet.signs();
      await make(fleet);
      await fleet.livedOn(before);
      assert.deepEqual([...(await fleet.signs()).keys()].sort(), [...before.keys()].sort(), 'each keeps its slot');
      fleet.hold.open();
      await fleet.other.drained();
      assert.equal(await fleet.takenOver(), 0);
      assert.equal(fleet.sink.requests.length, 1);
    });
  }
});
