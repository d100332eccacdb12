// The ledgers of a run, read back and put into the shapes that the invariants ask for.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const lines = (directory, kind) => {
  const file = join(directory, `${kind}.jsonl`);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
};

const grouped = (rows, keyOf) => {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  }
  return groups;
};

export const slot = (row) => `${row.ep}  ${row.key}`;

export class History {
  constructor(directory) {
    const run = lines(directory, 'run');
    Object.assign(this, run.find((row) => row.times) ?? { times: { interval: 200, longestTimeout: 4000, margin: 1500 } });
    this.quiets = run.filter((row) => 'quiet' in row);
    this.calm = run.filter((row) => row.calm);
    this.late = run.filter((row) => row.late);
    this.outage = run.find((row) => row.outage);
    this.surprises = run.find((row) => row.end)?.surprises ?? {};
    this.publishes = lines(directory, 'events');
    this.events = eventsOf(this.publishes);
    this.attempts = lines(directory, 'attempts').sort((a, b) => a.at - b.at);
    this.attemptsBySlot = grouped(this.attempts, slot);
    this.registry = lines(directory, 'registry');
    this.faults = lines(directory, 'faults');
    this.letters = lines(directory, 'letters');
    this.alerts = lines(directory, 'alerts');
    this.final = lines(directory, 'final');
    this.redisDeaths = this.faults.filter((fault) => fault.kind === 'redis-died');
    // The longest there is: an operator gives endpoints time-outs of their own.
    this.lease = this.times.longestTimeout + this.times.margin;
  }

  /** Faults that were in force at some time between `from` and `to`. */
  during(from, to, test = () => true) {
    return this.faults.filter((fault) => (fault.from ?? fault.at) <= to && (fault.to ?? fault.at) >= from && test(fault));
  }

  /** How late the machine itself was at worst between `from` and `to` (lib/machine.mjs). */
  machineLate(from, to) {
    return Math.max(0, ...this.late.filter((row) => row.from <= to && row.to >= from).map(({ late }) => late));
  }

  frozen(from, to) {
    return this.during(from, to, ({ kind }) => kind.endsWith(':stop')).length > 0;
  }

  /** The last two seconds before a Redis that does not write each record to disk at once was killed. */
  inLostTail(from, to) {
    return this.fsync === 'everysec' && this.redisDeaths.some(({ at }) => to >= at - 2_000 && from <= at);
  }

  /** A Redis that died again so soon that even its jump of the sequence was lost: what it gave out is given out again. */
  givenOutAgain(event) {
    return this.redisDeaths.some((death, index) => this.inLostTail(event.sent, event.acknowledgedAt)
      && event.acknowledgedAt <= death.at && index > 0 && death.at - this.redisDeaths[index - 1].back <= 2_500);
  }

  /** Since when (ms) the endpoint has been subscribed to the bit without a break, to the end of the run; else undefined. */
  subscribedSince(ep, bit) {
    let since;
    for (const row of this.registry.filter((entry) => entry.ep === ep)) {
      const lost = row.to && ['create', 'mask', 'delete'].includes(row.op) && this.inLostTail(row.from, row.to);
      if (lost) return undefined; // Nobody knows what is in force.
      if (row.op === 'create' && row.mask & bit) since = row.to;
      if (row.op === 'mask' && row.mask & bit) since ??= row.to;
      if (row.op === 'begin' && row.of === 'mask' && !(row.mask & bit)) since = undefined;
      if (row.op === 'begin' && row.of === 'delete') since = undefined;
    }
    return since;
  }

  get endpoints() {
    return [...new Set(this.registry.filter((row) => row.op === 'create').map((row) => row.ep))];
  }
}

/** By number: an event that was sent again until it was known counts once. */
function eventsOf(publishes) {
  const events = new Map();
  for (const row of publishes) {
    const event = events.get(row.n) ?? { n: row.n, key: row.key, sent: row.sent, sequences: new Set(), unknown: 0, acknowledgedAt: undefined };
    if (row.out === 'acknowledged') {
      event.sequences.add(row.seq);
      event.acknowledgedAt ??= row.ended;
    } else {
      event.unknown += 1;
    }
    events.set(row.n, event);
  }
  return [...events.values()];
}
