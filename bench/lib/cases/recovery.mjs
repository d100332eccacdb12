import { readFileSync } from 'node:fs';
import path from 'node:path';

import { sleep, until } from '../child.mjs';
import { Lull } from '../contestants/lull.mjs';
import { call } from '../http.mjs';
import { Sink } from '../sink.mjs';
import { median, percentile } from '../statistics.mjs';

const PER_SECOND = 50;
const RECEIVER_MS = 200; // With it some ten requests are in flight at any time.
const ENOUGH_IN_FLIGHT = 2;

const nowNs = () => Number(process.hrtime.bigint());

/** Events of distinct items at a steady rate, in turn to the instances that are up. */
class SteadyLoad {
  /** Items whose event was accepted: each has to arrive, whatever is killed. */
  accepted = [];
  #lull;
  #up;
  #next = 1;
  #timer;

  constructor(context, lull) {
    this.#lull = lull;
    this.#up = new Set(lull.services.keys());
    this.#timer = setInterval(() => this.#send(), 1000 / PER_SECOND);
    context.onCleanup(() => this.end());
  }

  #send() {
    const up = [...this.#up];
    if (up.length === 0) {
      return;
    }
    const itemId = this.#next++;
    const port = this.#lull.ports[up[itemId % up.length]];
    const sent = call('POST', `http://127.0.0.1:${port}/api/v1/events`, { type: 'AssetCreated', itemId, baseId: 1 });
    // One that a kill cut off may or may not have been stored.
    sent.then(() => this.accepted.push(itemId), () => {});
  }

  leave(instance) {
    this.#up.delete(instance);
  }

  join(instance) {
    this.#up.add(instance);
  }

  end() {
    clearInterval(this.#timer);
  }
}

/** The first bytes of all requests so far, as `[item, ns]` in the order of their coming. */
async function arrivals(context, sink) {
  const log = path.join(context.workDir, 'arrivals');
  await sink.ask(`dump ${log}`);
  const lines = readFileSync(log, 'utf8').trim().split('\n').map((line) => line.split(' '));
  return lines.map(([item, , , ns]) => [Number(item), Number(ns)]);
}

/** The instance whose turn it is once it has requests in flight, or another if it gets none. */
async function nextVictim(lull, preferred) {
  const inFlight = (instance) => lull.metric('lull_in_flight', instance);
  for (let look = 0; look < 100; ++look) {
    if ((await inFlight(preferred)) >= ENOUGH_IN_FLIGHT) {
      return preferred;
    }
    await sleep(20);
  }
  const counts = await Promise.all(lull.services.map((_service, instance) => inFlight(instance)));
  return counts.indexOf(Math.max(...counts));
}

/** Items whose requests broke and are not in `known`, each with the first byte of its repetition (0: none yet). */
async function brokenSince(sink, known) {
  return Object.entries(await sink.ask('broken')).filter(([item]) => !known.has(item));
}

/**
 * One kill -9. With another replica the killed one comes back only when all is repeated, so that it has no part in it; the only one is
 * started again at once. Undefined when no request was in flight after all.
 */
async function killOnce({ lull, sink, load }, preferred) {
  const victim = await nextVictim(lull, preferred);
  const known = new Set(Object.keys(await sink.ask('broken')));
  lull.services[victim].assertAlive();
  load.leave(victim);
  const killedNs = nowNs();
  await lull.services[victim].kill();
  const exitedNs = nowNs();
  const launch = async () => {
    await lull.launch(victim);
    load.join(victim);
    return (nowNs() - killedNs) / 1e9;
  };
  const alone = lull.services.length === 1;
  const ready = alone ? await launch() : undefined;
  const broke = await until('requests broke', async () => (await brokenSince(sink, known)).length > 0, { timeoutMs: 2_000 }).catch(
    () => false,
  );
  const repeated = async () => {
    const broken = await brokenSince(sink, known);
    return broken.every(([, ns]) => ns > 0) && broken.map(([, ns]) => (ns - killedNs) / 1e9);
  };
  const repeats = broke && (await until('what was in flight is sent again', repeated, { timeoutMs: 120_000 }));
  const readyAgain = ready ?? (await launch());
  // What came again is answered and settled before the next kill: a message that is lost twice is suspected of killing its sender.
  await sleep(RECEIVER_MS + 800);
  return broke ? { killedNs, exitedNs, readyAgain, repeats } : undefined;
}

/** Seconds from each kill to the first request that any process sent after the end of the killed one. */
function firstAttempts(kills, all) {
  return kills.map(({ killedNs, exitedNs }) => (all.find(([, ns]) => ns > exitedNs)[1] - killedNs) / 1e9);
}

function spread(name, values) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    [`${name} p50 s`]: percentile(sorted, 0.5),
    [`${name} p99 s`]: percentile(sorted, 0.99),
    [`${name} max s`]: sorted.at(-1),
  };
}

function recovery(setup) {
  return async (context) => {
    // An earlier build that waits for its leases takes half a minute for each.
    const wanted = context.isBefore ? context.pick(3, 10) : context.pick(10, 50);
    const sink = await Sink.start(context);
    await sink.ask(`set 1 delay=${RECEIVER_MS}`);
    await sink.ask('record on');
    const lull = await Lull.start(context, { ...setup, intervalSeconds: 0 });
    await lull.addEndpoint(sink.url(1));
    const load = new SteadyLoad(context, lull);
    const kills = [];
    for (let attempt = 0; kills.length < wanted; ++attempt) {
      if (attempt > 2 * wanted) {
        throw new Error(`only ${kills.length} of ${attempt} kills met requests in flight`);
      }
      const kill = await killOnce({ lull, sink, load }, attempt % lull.services.length);
      kills.push(...(kill ? [kill] : []));
    }
    load.end();
    const missing = async () => {
      const arrived = new Set((await arrivals(context, sink)).map(([item]) => item));
      return load.accepted.filter((item) => !arrived.has(item));
    };
    await until('every accepted event arrives', async () => (await missing()).length === 0, { timeoutMs: 60_000, everyMs: 500 });
    return {
      ...spread('first repeat', kills.map(({ repeats }) => Math.min(...repeats))),
      ...spread('last repeat', kills.map(({ repeats }) => Math.max(...repeats))),
      ...(setup.managed ? spread('first attempt', firstAttempts(kills, await arrivals(context, sink))) : {}),
      ...(setup.managed ? spread('ready again', kills.map(({ readyAgain }) => readyAgain)) : {}),
      'requests lost / kill': median(kills.map(({ repeats }) => repeats.length)),
      kills: kills.length,
    };
  };
}

export const cases = [
  {
    name: 'recovery',
    title: `kill -9 at ${PER_SECOND}/s, receiver of ${RECEIVER_MS} ms: until what was in flight is sent again; one of two replicas, and the only one in Managed mode, restarted`,
    // All kills are in one, so that the percentiles are of all of them.
    rounds: 1,
    contestants: { 'lull 1 of 2': recovery({ instances: 2 }), 'lull the only one': recovery({ managed: true }) },
  },
];
