// `rateLimitPerSecond`: two processes on one Redis begin no more attempts of an endpoint than it allows, and no fewer.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, endpoint, publish, register } from './support/scenario.mjs';
import { startRedis } from './support/redis.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const rate = 50;
const seconds = 20;

suite('a rate limit', () => {
  it('is kept by two processes together, in each direction within a tenth', async () => {
    const redis = await startRedis();
    const sink = await startSink();
    const [one] = await Promise.all([startLull({ redis }), startLull({ redis })]);
    const limited = await register(one, `${sink.url}/limited`, { delivery: 'every', order: 'none', rateLimitPerSecond: rate });
    assert.equal(limited.rateLimitPerSecond, rate);
    const more = rate * seconds + 300;
    for (let first = 0; first < more; first += 100) await publish(one, Array.from({ length: 100 }, (_, i) => assetChanged(first + i)));
    const [{ at: begin }] = await sink.received(1, '/limited');
    await waitFor(`${seconds} seconds of attempts`, () => sink.requests.at(-1).at >= begin + seconds * 1000, { timeout: (seconds + 10) * 1000 });
    const within = sink.requests.filter(({ at }) => at < begin + seconds * 1000).length;
    assert.ok(within >= 0.9 * rate * seconds && within <= 1.1 * rate * seconds, `${within} attempts in ${seconds} s`);
    assert.equal(new Set(sink.requests.map(({ headers }) => headers['webhook-id'])).size, sink.requests.length, 'each is sent once');
    // Without the limit the rest goes at once.
    expectStatus(await one.patch(`/endpoints/${limited.id}`, { rateLimitPerSecond: null }), 200);
    await sink.received(more, '/limited', 5000);
    assert.equal((await endpoint(one, limited.id)).rateLimitPerSecond, null);
  });

  it('is from 1 to 10,000', async () => {
    const lull = await startLull();
    for (const rateLimitPerSecond of [0, -1, 10_001, 1.5, '50']) {
      const problem = expectProblem(await lull.post('/endpoints', { name: 'n', url: 'http://127.0.0.1:9/', changeTypes: 1, rateLimitPerSecond }), 400);
      assert.deepEqual(problem.errors.map(({ pointer }) => pointer), ['/rateLimitPerSecond']);
    }
  });
});
