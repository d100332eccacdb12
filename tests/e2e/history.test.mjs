// What the fleet did, step by step: the same from every replica, and after a kill.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const history = async (lull, query) => expectStatus(await lull.get(`/history${query}`), 200);
const sum = (items, name) => items.reduce((total, item) => total + item[name], 0);

suite('the history', () => {
  it('has what was counted, once, whichever replica is asked, and after all were killed', async () => {
    const redis = await startRedis();
    const sink = await startSink(({ path }) => ({ status: path === '/bad' ? 400 : 200 }));
    const [one, two] = await Promise.all([startLull({ redis }), startLull({ redis })]);
    const good = await register(one, `${sink.url}/good`);
    const bad = await register(two, `${sink.url}/bad`);
    await publish(one, Array.from({ length: 20 }, (_, index) => assetChanged(index % 5)));

    const counted = await waitFor('two steps with all of it', async () => {
      const { step, items } = await history(one, '?step=00:00:10');
      assert.equal(step, '00:00:10');
      return items.length >= 2 && sum(items, 'deadLettered') === 5 && items.at(-1).delivered === 0 ? items : undefined;
    }, { timeout: 45_000, interval: 200 });
    assert.equal(sum(counted, 'accepted'), 20);
    assert.equal(sum(counted, 'coalesced'), 15);
    assert.equal(sum(counted, 'delivered'), 5);
    assert.equal(sum(counted, 'failed'), 5);
    const busy = counted.find(({ delivered }) => delivered > 0);
    assert.ok(busy.lagP50Ms <= busy.lagP99Ms && busy.lagP99Ms < 5_000, JSON.stringify(busy));
    assert.equal(new Set(counted.map(({ at }) => at)).size, counted.length, 'each step once');
    for (const { at } of counted) assert.equal(Date.parse(at) % 10_000, 0);

    const first = counted.slice(0, 2);
    const same = async (lull) => (await history(lull, `?step=00:00:10&since=${first[0].at}`)).items.slice(0, 2);
    assert.deepEqual(await same(two), first);
    await Promise.all([one.kill9(), two.kill9()]);
    const again = await startLull({ redis });
    assert.deepEqual(await same(again), first);
    assert.deepEqual((await history(again, `?step=00:00:10&since=${encodeURIComponent(first[1].at)}`)).items[0], first[1]);
    for (const { id } of [good, bad]) {
      const { step, items } = await history(again, `?endpointId=${id}`);
      assert.equal(step, '00:05:00');
      assert.ok(items.length <= 1, 'the slot that runs is not shown');
    }
    assert.equal(await redis.command('--raw', 'STRLEN', `{lull:00}:n:${good.id}`), '8');
  });

  it('takes four lengths of a step, and says so', async () => {
    const lull = await startLull();
    const { id } = await register(lull, 'http://127.0.0.1:9/');
    for (const step of ['00:00:10', '00:01:00', '00:05:00', '01:00:00']) {
      assert.deepEqual(await history(lull, `?step=${step}`), { step, items: [] });
    }
    assert.equal((await history(lull, '')).step, '00:01:00');
    for (const query of ['?step=00:00:30', '?step=1', '?step=', '?since=yesterday', '?endpointId=', `?endpointId=${id}&step=00:01:00`, '?until=x']) {
      assert.equal((await lull.get(`/history${query}`)).status, 400, query);
    }
    assert.equal((await lull.get('/history?endpointId=ep_none')).status, 404);
  });
});
