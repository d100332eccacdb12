import { sleep, until } from '../child.mjs';
import { Lull } from '../contestants/lull.mjs';
import { LiveTraffic } from '../live_traffic.mjs';
import { preload } from '../load.mjs';
import { Sink } from '../sink.mjs';
import { Stalls } from '../stalls.mjs';
import { percentile } from '../statistics.mjs';

const ASSETS = 1;
const METAFIELDS = 2;
const GROUPS = 300;
const FIRST = 3; // endpoint 2 has the live traffic
const RATE = 2000;

/** Letters in 300 groups, one of each endpoint; how soon the groups are told, and a job that retries all of them. */
async function groups(context) {
  const each = context.pick(100, 400);
  const count = GROUPS * each;
  const sink = await Sink.start(context);
  const lull = await Lull.start(context, { intervalSeconds: 0, settings: ['--Delivery:CircuitBreaker:Failures=0'] });
  await lull.addEndpoint(sink.url(2), METAFIELDS);
  const numbers = Array.from({ length: GROUPS }, (_, index) => FIRST + index);
  for (const number of numbers) {
    await lull.addEndpoint(sink.url(number), ASSETS);
    await sink.ask(`set ${number} status=400`);
  }
  await preload(context, lull, each);
  const letters = async () => (await lull.api('GET', '/dead-letters?limit=1')).total;
  await until('every letter is there', async () => (await letters()) === count, { timeoutMs: 900_000, everyMs: 200 });
  await sink.ask('reset');
  await sink.ask('record on');
  for (const number of numbers) {
    await sink.ask(`set ${number} status=200`);
  }

  const rows = { letters: count };
  const spans = {};
  const stalls = await Stalls.watch(context, lull.redis);
  const live = new LiveTraffic(context, lull);
  const measure = async (name, work) => {
    await stalls.reset();
    const from = live.mark();
    const begun = performance.now();
    rows[`${name}: ms`] = (await work()) ?? performance.now() - begun;
    spans[name] = [from, live.mark()];
    rows[`${name}: longest script ms`] = (await stalls.longest()).script;
  };
  await measure('nothing but live traffic', () => sleep(3000));
  for (const by of ['cause', 'endpoint', 'changeType']) {
    await measure(`groups by ${by}, worst of 20`, async () => {
      let worst = 0;
      for (let i = 0; i < 20; i += 1) {
        const begun = performance.now();
        const { items } = await lull.api('GET', `/dead-letters/groups?by=${by}&limit=500`);
        worst = Math.max(worst, performance.now() - begun);
        if (items.reduce((sum, group) => sum + group.count, 0) !== count) {
          throw new Error(`the groups by ${by} do not add up to ${count}`);
        }
      }
      return worst;
    });
  }
  const half = count / 2;
  const jobOf = (id) => lull.api('GET', `/jobs/${id}`);
  const first = await lull.api('POST', '/jobs', { action: 'retry', all: true, ratePerSecond: RATE });
  await measure(`job at ${RATE}/s, first half`, () =>
    until('half of them', async () => (await jobOf(first.id)).done >= half, { timeoutMs: 900_000, everyMs: 20 }).then(() => undefined));
  rows[`job at ${RATE}/s, first half: letters / s`] = (half / rows[`job at ${RATE}/s, first half: ms`]) * 1000;
  await measure('cancel', () => lull.api('DELETE', `/jobs/${first.id}`));
  const { done } = await jobOf(first.id);
  await sink.received(done);
  if ((await letters()) !== count - done) {
    throw new Error(`${await letters()} letters are left after ${done} of ${count} were retried`);
  }
  const second = await lull.api('POST', '/jobs', { action: 'retry', all: true });
  await measure('job without a rate, the rest', () =>
    until('the end', async () => (await jobOf(second.id)).state === 'done', { timeoutMs: 900_000, everyMs: 20 }).then(() => undefined));
  if ((await letters()) !== 0) {
    throw new Error(`${await letters()} letters are left`);
  }
  const lagsIn = await live.end(context, sink);
  for (const [name, span] of Object.entries(spans)) {
    const lags = lagsIn(...span);
    if (lags.length > 20) {
      rows[`${name}: live lag p99 ms`] = percentile(lags, 0.99);
    }
  }
  return rows;
}

export const cases = [
  {
    name: 'groups',
    title: '120,000 dead letters in 300 groups: listing the groups, a job that retries them, and live traffic beside it',
    contestants: { lull: groups },
    optional: true,
  },
];
