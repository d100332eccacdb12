import { sleep, until } from '../child.mjs';
import { Lull } from '../contestants/lull.mjs';
import { LiveTraffic } from '../live_traffic.mjs';
import { preload } from '../load.mjs';
import { Sink } from '../sink.mjs';
import { Stalls } from '../stalls.mjs';
import { percentile } from '../statistics.mjs';

const ASSETS = 1;
const METAFIELDS = 2;
const PER_CALL = 10_000;

/** `count` dead letters of one endpoint, made by the service itself from a receiver that answers 400. */
async function makeLetters(context, lull, sink, count) {
  await sink.ask('set 1 status=400');
  const begun = performance.now();
  await preload(context, lull, count);
  await until(
    'every letter is there',
    async () => (await lull.api('GET', '/dead-letters?limit=1')).total === count,
    { timeoutMs: 900_000, everyMs: 200 },
  );
  return (performance.now() - begun) / 1000;
}

function filters(endpointId) {
  const anHourAgo = encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString());
  const inAnHour = encodeURIComponent(new Date(Date.now() + 3_600_000).toISOString());
  return {
    'list, no filter': '',
    'list, endpointId': `endpointId=${endpointId}`,
    'list, changeType': `changeType=${ASSETS}`,
    'list, itemId': 'itemId=4711',
    'list, itemId of none': 'itemId=none',
    'list, status': 'status=400',
    'list, status of none': 'status=500',
    'list, reason': 'reason=permanent',
    'list, superseded': 'superseded=true',
    'list, since + until': `since=${anHourAgo}&until=${inAnHour}`,
  };
}

async function deadLetters(context) {
  const count = context.pick(20_000, 100_000);
  const sink = await Sink.start(context);
  const lull = await Lull.start(context, { intervalSeconds: 0, settings: ['--Delivery:CircuitBreaker:Failures=0'] });
  const dead = await lull.addEndpoint(sink.url(1), ASSETS);
  await lull.addEndpoint(sink.url(2), METAFIELDS);
  const rows = { 'letters made / s': count / (await makeLetters(context, lull, sink, count)) };

  await sink.ask('reset');
  await sink.ask('record on');
  await sink.ask('set 1 status=200');
  const stalls = await Stalls.watch(context, lull.redis);
  const live = new LiveTraffic(context, lull);
  const spans = {};
  /** Runs `work` several times beside the live traffic; the worst of each figure counts. */
  const measure = async (name, times, work) => {
    const row = { 'ms': 0, 'longest script ms': 0, 'longest ping ms': 0 };
    const from = live.mark();
    for (let i = 0; i < times; i += 1) {
      await stalls.reset();
      const begun = performance.now();
      await work(i);
      row.ms = Math.max(row.ms, performance.now() - begun);
      const { script, ping } = await stalls.longest();
      row['longest script ms'] = Math.max(row['longest script ms'], script);
      row['longest ping ms'] = Math.max(row['longest ping ms'], ping);
    }
    spans[name] = [from, live.mark()];
    for (const [figure, value] of Object.entries(row)) {
      rows[`${name}: ${figure}`] = value;
    }
  };
  const bulk = async (act, body, field, expected) => {
    const reply = await lull.api('POST', `/dead-letters/${act}`, body);
    if (reply[field] !== expected) {
      throw new Error(`${act} answered ${JSON.stringify(reply)}, not ${expected} ${field}`);
    }
  };

  await measure('nothing but live traffic', 1, () => sleep(2000));
  for (const [name, query] of Object.entries(filters(dead))) {
    await measure(name, 5, () => lull.api('GET', `/dead-letters?limit=100&${query}`));
  }
  const half = count / PER_CALL / 2;
  await measure('dry run of all', 3, () => bulk('retry', { all: true, dryRun: true }, 'retried', PER_CALL));
  await measure('retry 10,000', half, () => bulk('retry', { endpointId: dead }, 'retried', PER_CALL));
  await sink.received(count / 2, { endpoint: 1 });
  await measure('purge 10,000', half, () => bulk('purge', { status: 400 }, 'purged', PER_CALL));

  const lagsIn = await live.end(context, sink);
  for (const [name, span] of Object.entries(spans)) {
    const lags = lagsIn(...span);
    if (lags.length > 0) {
      rows[`${name}: live lag p50 ms`] = percentile(lags, 0.5);
      rows[`${name}: live lag max ms`] = lags.at(-1);
    }
  }
  const { total } = await lull.api('GET', '/dead-letters?limit=1');
  if (total !== 0) {
    throw new Error(`${total} letters are left`);
  }
  return Object.fromEntries(Object.entries(rows).sort(([a], [b]) => a.split(':')[0].localeCompare(b.split(':')[0])));
}

export const cases = [
  {
    name: 'dead-letters',
    title: '100,000 dead letters: lists, bulk retry and purge, the worst call of each, and live traffic beside them',
    contestants: { lull: deadLetters },
  },
];
