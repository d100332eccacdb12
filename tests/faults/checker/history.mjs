// The ledgers of a run, read back and put into the shapes that the invariants ask for. Attempts are by far the most: they are
// read endpoint by endpoint, so that the checker never holds more than those of one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registration, tailMs } from './registration.mjs';

const parsed = (file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line)) : []);

/** The files of a run, as lib/ledger.mjs writes them: one per kind of record, and one per endpoint for the attempts. */
class LedgerFiles {
  constructor(directory) { this.directory = directory; }

  rows(kind) { return parsed(join(this.directory, `${kind}.jsonl`)); }

  get attempted() {
    const folder = join(this.directory, 'attempts');
    return existsSync(folder) ? readdirSync(folder).map((file) => file.replace(/\.jsonl$/, '')) : [];
  }
}

export const grouped = (rows, keyOf) => {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  }
  return groups;
};

export const slot = (row) => `${row.ep}  ${row.key}`;
export const bitOf = (key) => Number(key.split('|')[0]);

export class History {
  #ledgers;
  #registryOf;
  #lettersOf;
  #registrations = new Map();

  /** @param ledgers the directory of the ledgers, or whatever has `rows(kind)` and `attempted` (the names of endpoints). */
  constructor(ledgers) {
    this.#ledgers = typeof ledgers === 'string' ? new LedgerFiles(ledgers) : ledgers;
    const run = this.#ledgers.rows('run');
    Object.assign(this, run.find((row) => row.times) ?? { times: { interval: 200, longestTimeout: 4000, margin: 1500 } });
    this.quiets = run.filter((row) => 'quiet' in row);
    this.calm = run.filter((row) => row.calm);
    this.late = run.filter((row) => row.late);
    this.outage = run.find((row) => row.outage);
    this.surprises = run.find((row) => row.end)?.surprises ?? {};
    this.publishes = this.#ledgers.rows('events');
    this.eventByNumber = eventsOf(this.publishes);
    this.events = [...this.eventByNumber.values()];
    this.eventBySequence = new Map(this.events.flatMap((event) => [...event.sequences].map((sequence) => [sequence, event])));
    this.registry = this.#ledgers.rows('registry');
    this.#registryOf = grouped(this.registry, ({ ep }) => ep);
    this.readings = this.registry.filter(({ op }) => op === 'reading');
    this.faults = this.#ledgers.rows('faults');
    this.letters = this.#ledgers.rows('letters');
    this.#lettersOf = grouped(this.letters, ({ ep }) => ep);
    this.alerts = this.#ledgers.rows('alerts');
    this.mailboxes = this.#ledgers.rows('mailboxes');
    this.final = this.#ledgers.rows('final');
    this.redisDeaths = this.faults.filter((fault) => fault.kind === 'redis-died');
    // The longest there is: an operator gives endpoints time-outs of their own.
    this.lease = this.times.longestTimeout + this.times.margin;
  }

  /** Every endpoint that was registered, or that was sent something. */
  get endpoints() {
    const created = this.registry.filter((row) => row.op === 'create').map((row) => row.ep);
    return [...new Set([...created, ...this.#ledgers.attempted])];
  }

  /** The attempts of one endpoint, by time. They are read anew each time: keep what is needed, not the list. */
  attemptsOf(ep) { return this.#ledgers.rows(`attempts/${ep}`).sort((a, b) => a.at - b.at); }
  /** The calls of the clients of a mailbox and of its operator, by time. */
  callsOf(mailbox) { return this.#ledgers.rows(`mailboxes/${mailbox}`).sort((a, b) => a.at - b.at); }
  registryOf(ep) { return this.#registryOf.get(ep) ?? []; }

  /** What may be registered of the endpoint at each moment. */
  registrationOf(ep) {
    if (!this.#registrations.has(ep)) {
      const deaths = this.fsync === 'everysec' ? this.redisDeaths : [];
      this.#registrations.set(ep, new Registration(ep, [...this.registryOf(ep), ...this.readings], deaths));
    }
    return this.#registrations.get(ep);
  }

  lettersOf(ep) { return this.#lettersOf.get(ep) ?? []; }

  /** How the endpoint is told: `{channel, delivery, order, onFailure, results}`. */
  tellingOf(ep) {
    const { channel = 'webhook', delivery = 'debounced', order = 'item', onFailure = 'skip', results = 'status' } = this.registryOf(ep).find((row) => row.op === 'create') ?? {};
    return { channel, delivery, order, onFailure, results };
  }

  toldEvery(ep) { return this.tellingOf(ep).delivery === 'every'; }

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

  /** Whether what was written at some time between `from` and `to` may have been lost `by` then. */
  inLostTail(from, to, by = Infinity) {
    return this.fsync === 'everysec' && this.redisDeaths.some(({ at }) => to >= at - tailMs && from <= at && at <= by);
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
  return events;
}
