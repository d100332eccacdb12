// M mailboxes: nothing that was not confirmed is lost, nothing that was confirmed comes again, and a lock is what it says.
// The calls of one mailbox are read at a time.
import { bitOf, grouped } from './history.mjs';

/** The fleet's time runs at most 5 % fast or slow; a call may be late; and an instance may be behind the others by a slew of 50 ms and what its calls take. */
const [fast, slow, slackMs, behindMs] = [0.95, 1.05, 300, 60];

const isDone = ({ status }) => status >= 200 && status < 300;
const isUnknown = ({ status }) => status === 0 || status >= 500 || status === 429;
/** Whether a lock may have been given behind another one that ran out by its time. */
const mayFollow = (first, second) => second.end >= earliestEnd(first);
/** When a lock may have run out at the earliest. */
const earliestEnd = ({ at, seconds }) => at + seconds * 1000 * fast - behindMs;
const expected = { peek: [200, 204, 404], lock: [200, 404, 409], confirm: [200, 204, 404, 409] };

export function mailboxesKept(history) {
  const counts = { owed: 0, confirmed: 0, unanswered: 0, purged: 0, lost: 0, lostTail: 0,
    locks: 0, ranOut: 0, cameAgainUnanswered: 0, lostTailAgain: 0, unlocked: 0, shortBehindStart: 0 };
  const violations = [];
  for (const [name, registrations] of grouped(history.mailboxes, ({ box }) => box)) {
    const box = new Box(history, name, registrations, counts);
    violations.push(...box.violations());
  }
  return { end: () => ({ counts, violations }) };
}

class Box {
  constructor(history, name, registrations, counts) {
    const calls = history.callsOf(name);
    // A mailbox that was gone was registered again: what it owed before is not asked for any more, that it was gone is.
    Object.assign(this, { history, name, counts, registered: registrations.at(-1), registrations });
    this.by = (op) => calls.filter((call) => call.op === op);
    this.calls = calls;
    this.locks = this.by('lock').filter(isDone);
    this.confirms = this.by('confirm');
    this.locksOf = grouped(this.locks, ({ id }) => id);
    this.confirmsOf = grouped(this.confirms, ({ id }) => id);
    this.lockByNumber = new Map(this.locks.map((lock) => [lock.no, lock]));
    this.unlocks = this.by('unlock');
    this.purges = this.by('purge').filter(isDone);
    counts.locks += this.locks.length;
    counts.unlocked += this.unlocks.length;
  }

  violations() {
    return [...this.#lost(), ...this.#again(), ...this.#locked(), ...this.#confirmed(), ...this.#invented(), ...this.#whilePaused(), ...this.#order(), ...this.#answers()];
  }

  /** Each event that was sent after its subscription was known has been confirmed, or may have been, or was purged. */
  * #lost() {
    const { history, counts, registered } = this;
    const fates = { confirmed: new Set(), unanswered: new Set() };
    for (const confirm of this.confirms) {
      if (isDone(confirm)) fates.confirmed.add(confirm.n);
      if (isUnknown(confirm)) fates.unanswered.add(confirm.n);
    }
    const purged = new Set(this.purges.map(({ seq }) => seq));
    for (const event of history.events) {
      if (event.acknowledgedAt === undefined || event.sent < registered.to || !(bitOf(event.key) & registered.mask)) continue;
      counts.owed += 1;
      const fate = Object.keys(fates).find((what) => fates[what].has(event.n)) ?? ([...event.sequences].some((sequence) => purged.has(sequence)) ? 'purged' : undefined)
        ?? (history.inLostTail(event.sent, event.acknowledgedAt) ? 'lostTail' : 'lost');
      counts[fate] += 1;
      if (fate === 'lost') yield `${this.name}: event ${event.n}, sequence ${[...event.sequences]}, acknowledged ${event.acknowledgedAt}, was never confirmed`;
    }
  }

  /** What was confirmed is gone from that answer on. */
  * #again() {
    const { history, counts } = this;
    const peeksOf = grouped(this.by('peek').filter(({ id }) => id), ({ id }) => id);
    for (const [id, confirms] of this.confirmsOf) {
      const done = confirms.filter(isDone);
      const first = done[0] ?? confirms.find(isUnknown);
      if (!first) continue;
      const later = [...(this.locksOf.get(id) ?? []), ...(peeksOf.get(id) ?? []), ...done].filter((call) => call.at > first.end);
      if (later.length === 0) continue;
      if (done.length === 0) counts.cameAgainUnanswered += 1;
      else if (history.inLostTail(first.at, first.end, later[0].at)) counts.lostTailAgain += 1;
      else yield `${this.name}: ${id} (event ${first.n}) was confirmed at ${first.end}, and then there was a ${later[0].op} at ${later[0].at}`;
    }
  }

  /** One lock at a time: the next one is given when the last has ended, by its time or by an operator. */
  * #locked() {
    const { history, counts } = this;
    for (const [id, locks] of this.locksOf) {
      for (let index = 1; index < locks.length; index += 1) {
        const [before, lock] = [locks[index - 1], locks[index]];
        counts.ranOut += 1;
        // Of two that were on their way at the same time nobody knows which was the first.
        if (mayFollow(before, lock) || mayFollow(lock, before) || this.#meddled(id, before.at, Math.max(before.end, lock.end))) continue;
        if (history.inLostTail(before.at, before.end, lock.end)) continue;
        if (this.#ofAYoungProcess(before) || this.#ofAYoungProcess(lock)) continue;
        yield `${this.name}: ${id} was locked at ${before.end} for ${before.seconds} s, and again at ${lock.end}`;
      }
    }
  }

  /** Whether an operator unlocked it, or may have, between the two. */
  #meddled(id, from, to) {
    return [...this.unlocks, ...this.purges].some((act) => (act.id === undefined || act.id === id) && act.end >= from && act.at <= to);
  }

  /**
   * Whether the process that gave the lock had just started. By its first look at the fleet's time it is late by as long as that took, so its locks
   * are shorter by that: on a machine that is overloaded by more than this allows for. Counted.
   */
  #ofAYoungProcess({ instance, at, end }) {
    const young = this.history.during(at - 2_000, end, (fault) => /:(kill|term)$/.test(fault.kind) && fault.instance === instance && instance !== undefined).length > 0;
    if (young) this.counts.shortBehindStart += 1;
    return young;
  }

  /** A lock confirms while it holds, and not when it has run out. */
  * #confirmed() {
    const { history } = this;
    for (const confirm of this.confirms) {
      const lock = this.lockByNumber.get(confirm.no);
      const [least, most] = [earliestEnd(lock), lock.end + lock.seconds * 1000 * slow + slackMs];
      const before = this.confirmsOf.get(confirm.id).some((other) => other.at < confirm.at && (isUnknown(other) || isDone(other)));
      const refused = [404, 409].includes(confirm.status);
      if (refused && confirm.end < least && !before && !this.#meddled(confirm.id, lock.at, confirm.end) && !history.inLostTail(lock.at, lock.end, confirm.end) && !this.#ofAYoungProcess(lock)) {
        yield `${this.name}: the lock of ${confirm.id} from ${lock.end} for ${lock.seconds} s was refused (${confirm.status}) at ${confirm.end}`;
      }
      if (isDone(confirm) && confirm.at > most) yield `${this.name}: the lock of ${confirm.id} from ${lock.end} for ${lock.seconds} s confirmed at ${confirm.at}`;
    }
  }

  /** A message is one event that was published, of a type that was subscribed to by then; and an event is one message. */
  * #invented() {
    const { history, registrations } = this;
    const mask = registrations[0].mask;
    const idOf = new Map();
    for (const { id, n, key, end } of this.locks) {
      const event = history.eventByNumber.get(n);
      if (!event || event.key !== key) yield `${this.name}: ${id} carries event ${n} of ${key}, which was not published`;
      else if (!(bitOf(key) & mask)) yield `${this.name}: ${id} is event ${n} of ${key}, which it does not take`;
      else if (event.acknowledgedAt < registrations[0].from && !history.inLostTail(event.sent, end)) yield `${this.name}: event ${n} was acknowledged before its subscription`;
      const other = idOf.get(n) ?? id;
      if (other !== id && !history.inLostTail(event?.sent, end)) yield `${this.name}: event ${n} came as ${other} and as ${id}`;
      idOf.set(n, id);
    }
    for (const [id, locks] of this.locksOf) {
      if (locks.some(({ n }) => n !== locks[0].n)) yield `${this.name}: ${id} had more than one content`;
    }
  }

  * #whilePaused() {
    const resumes = this.by('resume');
    for (const paused of this.by('pause')) {
      const until = resumes.find(({ at }) => at > paused.end)?.at ?? Infinity;
      const given = this.locks.find(({ at, end }) => at > paused.end && end < until);
      if (given && !this.history.inLostTail(paused.at, paused.end, given.end)) yield `${this.name}: ${given.id} was given out at ${given.end}, paused since ${paused.end}`;
    }
  }

  /** One client that leaves nothing behind gets the messages by their sequence. */
  * #order() {
    if (!this.registered.orderly) return;
    let highest = { seq: 0, end: 0 };
    for (const lock of this.locks) {
      if (lock.seq < highest.seq && !this.history.inLostTail(highest.at, lock.end) && !this.#cameBack(lock)) yield `${this.name}: sequence ${lock.seq} at ${lock.end}, behind ${highest.seq} at ${highest.end}`;
      if (lock.seq > highest.seq) highest = lock;
    }
  }

  /** Whether its message had been confirmed, and a power cut took that back. */
  #cameBack({ id, at }) {
    return (this.confirmsOf.get(id) ?? []).some((confirm) => confirm.end <= at && this.history.inLostTail(confirm.at, confirm.end, at));
  }

  * #answers() {
    for (const call of this.calls) {
      if (call.op === 'peek' && call.status === 404 && !this.history.inLostTail(0, call.end)) yield `${this.name}: the mailbox was gone at ${call.end}`;
      if (expected[call.op] && !isUnknown(call) && !expected[call.op].includes(call.status)) yield `${this.name}: a ${call.op} was answered ${call.status}`;
    }
  }
}
