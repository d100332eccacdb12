// Redis is gone for a minute under load. What the clients saw meanwhile, and how long each thing takes to come back.
import { readFileSync } from 'node:fs';
import { metricsOf } from '../../e2e/support/metrics.mjs';
import { request } from '../../e2e/support/http.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';
import { now, pause } from './ledger.mjs';

const rssMiB = ({ child }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Asks each instance for its health all the time: when it was first not ready, and how often it was not alive. */
class HealthWatch {
  notReadyAfter = new Map();
  dead = 0;
  rss = 0;
  #over = false;

  constructor(instances) {
    this.began = now();
    this.loops = instances.map((instance) => this.#watch(instance));
  }

  async #watch(instance) {
    const status = (path) => request('GET', `${instance.origin}${path}`, { timeout: 5_000 }).then((reply) => reply.status, () => 0);
    while (!this.#over) {
      if ((await status('/healthz/live')) !== 200) this.dead += 1;
      if ((await status('/healthz/ready')) === 503 && !this.notReadyAfter.has(instance)) this.notReadyAfter.set(instance, now() - this.began);
      this.rss = Math.max(this.rss, rssMiB(instance));
      await pause(100);
    }
  }

  async end() {
    this.#over = true;
    await Promise.all(this.loops);
  }
}

/** @returns the table, as rows of label and value; the ledger gets what the checker judges. */
export async function outage({ ledger, redis, instances, load, receivers, random }, { beforeMs, downMs, afterMs }) {
  await pause(beforeMs);
  const rssBefore = Math.max(...instances.map(rssMiB));
  const before = { ...load.answers };
  const owed = load.acknowledged;
  const { at } = await redis.kill(random('outage'));
  const health = new HealthWatch(instances);
  await pause(downMs);
  const during = { ...load.answers };
  await health.end();

  await redis.start();
  const back = now();
  ledger.write('faults', { kind: 'redis:kill', from: at, to: back });
  ledger.write('faults', { kind: 'redis-died', at, lostMs: 0, back });
  const [acknowledged, requests] = [load.acknowledged, receivers.requests];
  const sinceBack = async (what, probe) => {
    await waitFor(what, probe, { timeout: 30_000, interval: 10 });
    return now() - back;
  };
  const [firstAnswer, firstDelivery, ready, caughtUp] = await Promise.all([
    sinceBack('an event is accepted', () => load.acknowledged > acknowledged),
    sinceBack('a notification is sent', () => receivers.requests > requests),
    sinceBack('every instance is ready', async () => (await Promise.all(instances.map(({ origin }) =>
      request('GET', `${origin}/healthz/ready`, { timeout: 5_000 })))).every(({ status }) => status === 200)),
    sinceBack('nothing is overdue', async () => {
      const metrics = await metricsOf(instances[0].origin);
      return receivers.requests > requests && metrics.value('lull_fleet_oldest_due_age_seconds') < 0.5;
    }),
  ]);
  await pause(afterMs);

  const notReady = Math.max(...instances.map((instance) => health.notReadyAfter.get(instance) ?? Infinity));
  ledger.write('run', { outage: true, dead: health.dead, notReadyMs: notReady, readyMs: ready });
  const told = Object.keys(during).map((status) => `${status}: ${during[status] - (before[status] ?? 0)}`).join(', ');
  return [
    ['acknowledged before Redis was gone', owed],
    [`publishes in the ${seconds(downMs)} without it`, told],
    ['slowest answer', seconds(load.slowest)],
    ['not ready after', seconds(notReady)],
    ['not alive', `${health.dead} times`],
    ['RSS before, and most without it', `${rssBefore.toFixed(0)} MiB, ${health.rss.toFixed(0)} MiB`],
    ['back: ready after', seconds(ready)],
    ['back: first 202 after', seconds(firstAnswer)],
    ['back: first notification after', seconds(firstDelivery)],
    ['back: nothing overdue after', seconds(caughtUp)],
  ];
}
