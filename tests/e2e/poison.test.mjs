// A message that ends its process on every attempt becomes a dead letter; those that were only beside it are delivered.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const settings = { 'Delivery:Timeout': '00:00:02', 'Delivery:LeaseMargin': '00:00:01' };
const poison = 4;
const items = [0, 1, 2, 3, poison, 5, 6, 7, 8];

suite('poison', () => {
  it('is buried after three lost leases, the last while alone; its neighbours are delivered', async () => {
    const redis = await startRedis({ options: { appendfsync: 'always' } });
    let lull;
    let kills = 0;
    const attempts = [];
    const itemOf = ({ body }) => JSON.parse(body).Data.ItemId;
    const sink = await startSink((request) => {
      const never = new Promise(() => {});
      if (itemOf(request) !== poison) return { status: 200, hold: kills < 2 ? never : undefined };
      const round = attempts.push({ beside: sink.open - 1 });
      // In the first two rounds all the others are in flight when the process ends.
      const all = () => round === 3 || sink.requests.length === round * items.length;
      waitFor(`round ${round} is complete`, () => all() && !lull.ended).then(() => {
        kills += 1;
        return lull.kill9();
      });
      return { status: 200, hold: never };
    });
    lull = await startLull({ redis, settings });
    const endpoint = await register(lull, sink.url);
    await publish(lull, items.map((item) => assetChanged(item)));
    for (let round = 1; round <= 3; round += 1) {
      await waitFor(`the process ends for the ${round}. time`, () => lull.ended, { timeout: 20_000 });
      lull = await startLull({ redis, settings });
    }

    const letters = await deadLettersWhen(lull, 1, '', { timeout: 20_000 });
    assert.deepEqual(letters.map(({ itemId, reason }) => ({ itemId, reason })), [{ itemId: poison, reason: 'poisoned' }]);
    await lull.drained(20_000);
    assert.equal(attempts.length, 3);
    assert.equal(attempts[2].beside, 0, 'the last attempt was made while nothing else ran');
    const queue = await lull.get(`/endpoints/${endpoint.id}/queue`);
    assert.deepEqual(queue.json.items, []);
    const delivered = (await lull.metrics()).value('lull_fleet_notifications_delivered_total');
    assert.equal(delivered, items.length - 1);
    assert.equal((await lull.terminate()).code, 0);
  });
});
