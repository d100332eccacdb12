// A rolling restart of two instances under load: every acknowledged event is told, and nothing is told twice.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

suite('rolling restart', () => {
  it('of two instances under load loses nothing and repeats nothing', async () => {
    // Each answer takes a while, so that attempts are in flight whenever an instance is told to stop.
    const sink = await startSink(() => ({ status: 200, hold: pause(40) }));
    const redis = await startRedis({ options: { appendfsync: 'always' } });
    const start = () => startLull({ redis });
    const fleet = [await start(), await start()];
    await register(fleet[0], sink.url);

    const owed = [];
    const statuses = new Set();
    let rolling = true;
    /** A client behind a load balancer: what is not acknowledged here is sent again there, under the same id. */
    const client = async (name) => {
      for (let number = 0; rolling; number += 1) {
        const event = assetChanged(`${name}-${number}`, { id: `${name}-${number}` });
        for (let turn = number; ; turn += 1) {
          const reply = await fleet[turn % 2].post('/events', event).catch(() => undefined);
          if (reply) statuses.add(reply.status);
          if (reply?.status === 202) break;
          await pause(10);
        }
        owed.push(event.itemId);
      }
    };
    const clients = ['a', 'b', 'c', 'd'].map(client);
    for (let round = 0; round < 2; round += 1) {
      for (const at of [0, 1]) {
        await sink.received(sink.requests.length + 40);
        const busy = sink.open;
        const { code } = await fleet[at].terminate();
        assert.equal(code, 0);
        assert.ok(busy > 0, 'it was told to stop amid its work');
        fleet[at] = await start();
      }
    }
    rolling = false;
    await Promise.all(clients);
    await fleet[0].drained(20_000);

    const told = sink.requests.map(({ body }) => JSON.parse(body).Data.ItemId);
    assert.ok(owed.length > 160, `${owed.length} events`);
    assert.deepEqual([...new Set(told)].sort(), [...owed].sort(), 'everything acknowledged was told, and nothing else');
    assert.equal(told.length, owed.length, 'nothing was told twice');
    for (const status of statuses) assert.ok([202, 503].includes(status), `answered ${status}`);
    for (const lull of fleet) assert.equal((await lull.terminate()).code, 0);
  });
});
