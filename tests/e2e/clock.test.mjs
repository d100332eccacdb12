// The Redis server's clock jumps, for three seconds and for good, while one replica lives, three, or none.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const [hour, day, year] = [3_600, 86_400, 365 * 86_400];
const steps = { 'plus 1 h': hour, 'minus 1 h': -hour, 'plus 31 d': 31 * day, 'plus 40 d': 40 * day, 'minus 40 d': -40 * day,
  'minus 20 y': -20 * year, 'plus 300 y': 300 * year };
const settings = { 'Delivery:Retry:Schedule': '01:00:00', 'Delivery:CircuitBreaker:Failures': '0' };
const seconds = (count) => new Promise((resolve) => { setTimeout(resolve, count * 1_000); });

/** Replicas on a Redis whose clock can be set, with a letter, a message that waits for an hour, and an id that was used. */
class World {
  items = 100;

  static async with(replicas) {
    const world = new World();
    world.redis = await startRedis({ steppedClock: true });
    await world.start(replicas);
    world.sink = await startSink(({ path }) => ({ status: { '/dead': 422, '/fails': 500 }[path] ?? 200 }));
    await register(world.lulls[0], `${world.sink.url}/well`, { changeTypes: 1 });
    await register(world.lulls[0], `${world.sink.url}/dead`, { changeTypes: 2 });
    world.fails = await register(world.lulls[0], `${world.sink.url}/fails`, { changeTypes: 4 });
    const once = { type: 'TreeValueCreated', itemId: 1, baseId: 1, id: 'once' };
    await publish(world.lulls[0], [{ type: 'MetafieldCreated', itemId: 1, baseId: 1 }, once]);
    world.once = once;
    [world.letter] = await deadLettersWhen(world.lulls[0], 1);
    await world.sink.received(1, '/fails');
    return world;
  }

  async start(replicas) {
    this.lulls = await Promise.all(Array.from({ length: replicas }, () => startLull({ redis: this.redis, settings })));
  }

  async stop() {
    for (const lull of this.lulls) await lull.terminate();
  }

  /** Windows and deliveries go on, signed by the right time; nothing has expired, and nothing is forgotten. */
  async judge() {
    for (const lull of this.lulls) {
      const item = this.items += 1;
      await publish(lull, assetChanged(item));
      const seen = await waitFor(`item ${item} is delivered`,
        () => this.sink.at('/well').find(({ body }) => JSON.parse(body).Data.ItemId === item), { timeout: 5_000 });
      const ahead = Number(seen.headers['webhook-timestamp']) - Date.now() / 1_000;
      assert.ok(Math.abs(ahead) < 2, `webhook-timestamp is ${ahead} s ahead`);
      assert.equal((await publish(lull, this.once)).duplicates, 1, 'the id of an event is still known');
    }
    const [lull] = this.lulls;
    assert.deepEqual(await deadLettersWhen(lull, 1), [this.letter]);
    const { items } = (await lull.get(`/endpoints/${this.fails.id}/queue`)).json;
    assert.equal(items.length, 1, 'the message that waits has not expired');
    assert.equal(items[0].attempts, 1);
  }

  /** How far the clocks are said to be off, in seconds, at worst over all replicas. */
  async offset(name) {
    const all = await Promise.all(this.lulls.map(async (lull) => (await lull.metrics()).value(name)));
    return all.reduce((worst, value) => (Math.abs(value) > Math.abs(worst) ? value : worst), 0);
  }

  warnings(clock) {
    return this.lulls.map((lull) => lull.log.filter((line) => line.category === 'Lull.Alerts' && line.kind === 'clock' && line.subject === clock).length);
  }
}

const told = (world, by) => waitFor('the metric tells it', async () => Math.abs(await world.offset('lull_clock_server_offset_seconds') - by) < 5);
const rightAgain = (world) => waitFor('the clock is right again', async () => Math.abs(await world.offset('lull_clock_server_offset_seconds')) < 1);

suite('the server\'s clock jumps while one lives, or three', () => {
  let worlds;
  const inEach = (action) => Promise.all(worlds.map(action));
  before(async () => { worlds = await Promise.all([World.with(1), World.with(3)]); });

  for (const [name, by] of Object.entries(steps)) {
    it(`${name} for three seconds`, () => inEach(async (world) => {
      const warned = world.warnings('server');
      world.redis.clock.step(by);
      await told(world, by);
      await world.judge();
      await seconds(2);
      world.redis.clock.step(0);
      await rightAgain(world);
      await world.judge();
      assert.ok(Math.abs(await world.offset('lull_clock_offset_seconds')) < 0.5, 'the jump stayed');
      assert.deepEqual(world.warnings('server'), warned.map((count) => count + 1), 'one warning per jump and replica');
    }));
  }

  for (const [name, by] of Object.entries(steps)) {
    it(`${name} for good`, () => inEach(async (world) => {
      world.redis.clock.step(by);
      await told(world, by);
      await world.judge();
      assert.ok(Math.abs(await world.offset('lull_clock_offset_seconds')) < 5, 'it leapt');
    }));
  }
});

suite('the server\'s clock jumps while nobody lives', () => {
  let worlds;
  const inEach = (action) => Promise.all(worlds.map(([name, by, world]) => action(world, by)
    .catch((error) => { throw new Error(`${name}: ${error.message}`, { cause: error }); })));
  before(async () => {
    worlds = await Promise.all(Object.entries(steps).map(async ([name, by]) => [name, by, await World.with(1)]));
  });

  async function stepUnseen(world, by) {
    await world.stop();
    // Another machine, as far as the record can tell: the boot-time clock of this one would say how much time passed.
    await world.redis.command('HDEL', '{lull:00}:meta', 'clockOwn');
    world.redis.clock.step(by);
    await world.start(1);
  }

  it('for three seconds: no trace is left', () => inEach(async (world, by) => {
    await stepUnseen(world, by);
    await world.judge();
    await seconds(3);
    world.redis.clock.step(0);
    await rightAgain(world);
    await world.judge();
    const off = await world.offset('lull_clock_offset_seconds');
    assert.ok(off > -60 && off < 0.5, `the jump stayed: ${off} s`);
  }));

  it('for good: it is unconfirmed, a warning says so, and nothing expires meanwhile', () => inEach(async (world, by) => {
    await stepUnseen(world, by);
    await world.judge();
    if (by < 0) return;
    await waitFor('the warning', () => world.lulls[0].log.find(({ kind, subject, sentence }) => kind === 'clock' && subject === 'server'
      && /ahead of this host's.*10 minutes/.test(sentence)));
  }));
});
