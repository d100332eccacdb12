// Retrying and purging many dead letters in the background.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { all, assetChanged, deadLettersWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const settings = { 'Delivery:CircuitBreaker:Failures': '0', 'Delivery:Retry:Schedule': '', 'Delivery:MaxConcurrencyPerEndpoint': '64' };

suite('jobs', () => {
  let redis;
  let lull;
  let sink;
  let status = 400;
  let endpoint;
  before(async () => {
    redis = await startRedis();
    sink = await startSink(() => ({ status }));
    lull = await startLull({ redis, settings });
  });
  /** A new endpoint, the only one subscribed, with so many dead letters. */
  async function dead(count) {
    if (endpoint) await lull.delete(`/endpoints/${endpoint.id}`);
    if (endpoint) await lull.post('/dead-letters/purge', { all: true });
    status = 400;
    endpoint = await register(lull, `${sink.url}/${Math.random()}`, { changeTypes: 1 });
    for (let first = 0; first < count; first += 500) {
      const items = Array.from({ length: Math.min(500, count - first) }, (_, index) => assetChanged(`${endpoint.id}-${first + index}`));
      await publish(lull, items);
    }
    await waitFor(`${count} dead letters`, async () => (await total()) === count, { timeout: 30_000 });
    status = 200;
  }
  const total = async () => expectStatus(await lull.get(`/dead-letters?limit=1&endpointId=${endpoint.id}`), 200).total;
  async function start(order, by = lull) {
    const reply = await by.post('/jobs', { endpointId: endpoint.id, ...order });
    const job = expectStatus(reply, 202);
    assert.equal(reply.headers.location, `/api/v1/jobs/${job.id}`);
    return job;
  }
  const jobOf = async (id, by = lull) => expectStatus(await by.get(`/jobs/${id}`), 200);
  const jobWhen = (id, what, test, by = lull) => waitFor(`the job ${what}`, async () => {
    const job = await jobOf(id, by);
    return test(job) ? job : undefined;
  }, { timeout: 30_000 });
  const ended = (id, by) => jobWhen(id, 'has ended', ({ state }) => state !== 'running', by);
  const counts = ({ state, total: of, done, skipped, failedAgain }) => ({ state, total: of, done, skipped, failedAgain });

  it('retry what their filter matches, and say how far they are', async () => {
    await dead(50);
    const job = await start({ action: 'retry' });
    assert.equal(job.state, 'running');
    assert.equal(job.total, 50);
    assert.equal(job.by, 'anonymous');
    const done = await ended(job.id);
    assert.deepEqual(counts(done), { state: 'done', total: 50, done: 50, skipped: 0, failedAgain: 0 });
    assert.ok(done.startedAt <= done.finishedAt);
    await lull.drained();
    assert.equal(await total(), 0);
    assert.equal((await all(lull, '/jobs')).find(({ id }) => id === job.id).state, 'done');
  });

  it('count what fails again, also after their end, and do not take it twice', async () => {
    await dead(30);
    status = 400;
    const job = await start({ action: 'retry' });
    await ended(job.id);
    const later = await jobWhen(job.id, 'counted all', ({ failedAgain }) => failedAgain === 30);
    assert.deepEqual(counts(later), { state: 'done', total: 30, done: 30, skipped: 0, failedAgain: 30 });
    assert.equal(await total(), 30);
    const [group] = await all(lull, `/dead-letters/groups?endpointId=${endpoint.id}`);
    assert.equal(group.lastRetry.done, 30);
    assert.equal(group.lastRetry.failedAgain, 30);
  });

  it('take a group by its key, and purge', async () => {
    await dead(10);
    status = 503;
    await publish(lull, assetChanged('other'));
    await waitFor('another cause', async () => (await all(lull, `/dead-letters/groups?endpointId=${endpoint.id}`)).length === 2);
    const key = `${endpoint.id}:permanent:400`;
    const dry = await lull.post('/jobs', { action: 'purge', group: key, dryRun: true });
    assert.deepEqual(expectStatus(dry, 200), { total: 10, skipped: 0 });
    const job = await start({ action: 'purge', group: key });
    assert.equal((await ended(job.id)).done, 10);
    assert.equal(await total(), 1);
  });

  it('keep their pace, and leave alone what dies after they began', async () => {
    await dead(400);
    const job = await start({ action: 'retry', ratePerSecond: 100 });
    const began = Date.now();
    status = 400; // so all that is retried dies again
    const done = await ended(job.id);
    const seconds = (Date.now() - began) / 1000;
    assert.deepEqual(counts({ ...done, failedAgain: 0 }), { state: 'done', total: 400, done: 400, skipped: 0, failedAgain: 0 });
    assert.ok(seconds > 3.6 && seconds < 8, `400 at 100/s took ${seconds} s`);
    await jobWhen(job.id, 'counted all', ({ failedAgain }) => failedAgain === 400);
    assert.equal(await total(), 400);
  });

  it('stop at once when they are cancelled', async () => {
    await dead(300);
    const job = await start({ action: 'retry', ratePerSecond: 50 });
    await jobWhen(job.id, 'has begun', ({ done }) => done > 0);
    assert.equal((await lull.delete(`/jobs/${job.id}`)).status, 204);
    const cancelled = await jobOf(job.id);
    assert.equal(cancelled.state, 'cancelled');
    await lull.drained();
    assert.equal(await total(), 300 - cancelled.done);
    assert.deepEqual(await jobOf(job.id), cancelled);
    expectProblem(await lull.delete(`/jobs/${job.id}`), 409);
    expectProblem(await lull.delete('/jobs/job_1'), 404);
    expectProblem(await lull.get('/jobs/job_1'), 404);
  });

  it('go on in another process when theirs is killed, with exact counts', async () => {
    await dead(600);
    const other = await startLull({ redis, settings });
    const job = await start({ action: 'retry', ratePerSecond: 100 }, other);
    await jobWhen(job.id, 'is amid its work', ({ done }) => done >= 100);
    const before = sink.at(new URL(endpoint.url).pathname).length;
    await other.kill9();
    const done = await ended(job.id);
    assert.deepEqual(counts(done), { state: 'done', total: 600, done: 600, skipped: 0, failedAgain: 0 });
    await lull.drained();
    assert.equal(await total(), 0);
    assert.ok(before < 1200, 'it was killed before the end');
    const retried = new Set(sink.at(new URL(endpoint.url).pathname).slice(600).map(({ headers }) => headers['webhook-id']));
    assert.equal(retried.size, 600, 'every letter was sent again');
  });

  it('need an action, and a filter or all: true', async () => {
    for (const body of [{}, { action: 'retry' }, { action: 'replay', all: true }, { action: 'retry', all: true, ratePerSecond: 0 },
      { action: 'purge', group: 'x' }, { action: 'purge', status: null }, { action: 'purge', all: true, filter: 1 }]) {
      expectProblem(await lull.post('/jobs', body), 400);
    }
  });
});
