// I1 nothing lost.
import { bitOf } from './history.mjs';

export function nothingLost(history) {
  const counts = { owed: 0, delivered: 0, deadLettered: 0, purged: 0, lost: 0, lostTail: 0,
    every: { owed: 0, delivered: 0, deadLettered: 0, purged: 0, missed: 0, lost: 0, lostTail: 0 } };
  // What a consumer read from the broker's queues: delivered means that it came out there.
  const broker = { owed: 0, delivered: 0, deadLettered: 0, purged: 0, missed: 0, lost: 0, lostTail: 0 };
  const violations = [];
  const endpoint = (ep, attempts) => {
    const every = history.toldEvery(ep);
    const fate = every ? ownFates(history, ep, attempts) : reachedFates(history, ep, attempts);
    const byBroker = history.tellingOf(ep).channel === 'rabbitmq';
    if (byBroker) counts.broker = broker;
    const into = byBroker ? broker : every ? counts.every : counts;
    violations.push(...history.registrationOf(ep).contradictions);
    for (const event of owedTo(history, ep)) {
      into.owed += 1;
      const sequence = Math.max(...event.sequences);
      const what = fate(event, sequence) ?? (history.inLostTail(event.sent, event.acknowledgedAt) ? 'lostTail' : 'lost');
      into[what] += 1;
      if (what === 'lost') {
        violations.push(`${ep}  ${event.key}: event ${event.n}, sequence ${sequence}, sent ${event.sent}, acknowledged ${event.acknowledgedAt}; ${fate.says(event)}`);
      }
    }
    if (every) violations.push(...toldTwice(history, ep, attempts));
  };
  const end = () => {
    for (const quiet of history.quiets) {
      if (!quiet.quiet) violations.push(`not quiet after ${Math.round(quiet.quietAfterMs)} ms: ${JSON.stringify(quiet.left)}`);
    }
    violations.push(...unheardOf(history));
    if (history.final.length === 0) violations.push('the run has no end: nothing was healed and counted');
    return { counts, violations };
  };
  return { endpoint, end };
}

/** What was read back although nobody registered it. */
function unheardOf(history) {
  const created = new Set(history.registry.filter(({ op }) => op === 'create').map(({ ep }) => ep));
  const strangers = new Set(history.readings.flatMap(({ endpoints }) => Object.keys(endpoints)).filter((ep) => !created.has(ep)));
  return [...strangers].map((ep) => `${ep} was read back, and nobody registered it`);
}

/** What was acknowledged of the endpoint's bits, and sent after its registration was. */
function owedTo(history, ep) {
  const since = new Map([1, 2, 4, 8].map((bit) => [bit, history.registrationOf(ep).takenSince(bit)]));
  return history.events.filter((event) => event.acknowledgedAt !== undefined && event.sent >= (since.get(bitOf(event.key)) ?? Infinity));
}

const purgesOf = (history, ep) => history.registryOf(ep).filter((row) => row.op === 'queue-purge' || (row.op === 'begin' && row.of === 'queue-purge'));
const letterPurgesOf = (history, ep) => history.registryOf(ep).filter((row) => row.op === 'letter-purge');

/** Debounced: an event is discharged by whatever of its key has a sequence as high as its own. */
function reachedFates(history, ep, attempts) {
  const reached = { delivered: new Map(), deadLettered: new Map(), purged: new Map() };
  const raise = (map, key, upto) => map.set(key, Math.max(map.get(key) ?? 0, upto));
  for (const { ok, key, upto } of attempts) if (ok) raise(reached.delivered, key, upto);
  for (const { key, upto } of history.lettersOf(ep)) raise(reached.deadLettered, key, upto);
  for (const purge of letterPurgesOf(history, ep)) {
    // The letter may have been renewed between being looked at and being removed.
    const tried = attempts.filter((attempt) => attempt.key === purge.key && attempt.at <= purge.to);
    raise(reached.purged, purge.key, Math.max(purge.upto, ...tried.map(({ upto }) => upto)));
  }
  for (const purge of purgesOf(history, ep)) raise(reached.purged, purge.key, purge.upto ?? newestSentBy(history, purge));
  const fate = ({ key }, sequence) => Object.keys(reached).find((what) => reached[what].get(key) >= sequence);
  fate.says = ({ key }) => `delivered up to ${reached.delivered.get(key)}, letter ${reached.deadLettered.get(key)}`;
  return fate;
}

/** Of a key, the highest sequence of what was sent before the purge was answered: only then it had surely looked. */
function newestSentBy(history, purge) {
  const before = history.events.filter((event) => event.key === purge.key && event.sent <= (purge.to ?? Infinity));
  return Math.max(0, ...before.flatMap(({ sequences }) => [...sequences]));
}

/** `delivery: every`: an event is discharged by its own message alone. */
function ownFates(history, ep, attempts) {
  const own = { delivered: new Set(), deadLettered: new Set(), purged: new Set() };
  const firstTried = new Map();
  const nameOf = (key, sequence) => `${key}  ${sequence}`;
  for (const { ok, key, upto, at } of attempts) {
    if (ok) own.delivered.add(nameOf(key, upto));
    if (!firstTried.has(nameOf(key, upto))) firstTried.set(nameOf(key, upto), at);
  }
  for (const { key, upto } of history.lettersOf(ep)) own.deadLettered.add(nameOf(key, upto));
  const wholeItems = [];
  for (const purge of letterPurgesOf(history, ep)) {
    own.purged.add(nameOf(purge.key, purge.upto));
    // By item: all its letters, which are those that had been tried.
    if (purge.item) wholeItems.push({ key: purge.key, takes: (event, sequence) => firstTried.get(nameOf(event.key, sequence)) <= purge.to });
  }
  for (const purge of purgesOf(history, ep)) {
    if (purge.upto) own.purged.add(nameOf(purge.key, purge.upto));
    else wholeItems.push({ key: purge.key, takes: (event) => event.sent <= (purge.to ?? Infinity) });
  }
  const declared = declaredMissed(history, ep);
  const fate = (event, sequence) => {
    const settled = Object.keys(own).find((what) => own[what].has(nameOf(event.key, sequence)));
    if (settled) return settled;
    if (wholeItems.some(({ key, takes }) => key === event.key && takes(event, sequence))) return 'purged';
    return declared.takes(sequence) ? 'missed' : undefined;
  };
  fate.says = () => 'no success and no letter has this sequence';
  return fate;
}

/** What the endpoint said it missed at its cap: no more than it counted, and only between its first and its last. */
function declaredMissed(history, ep) {
  const spans = new Map();
  for (const { count, firstSequence, lastSequence } of history.registryOf(ep).filter((row) => row.op === 'missed')) {
    const before = spans.get(firstSequence) ?? { left: 0, last: 0 };
    spans.set(firstSequence, { left: Math.max(before.left, count), last: Math.max(before.last, lastSequence) });
  }
  return {
    takes(sequence) {
      for (const [first, span] of spans) {
        if (sequence < first || sequence > span.last || span.left === 0) continue;
        span.left -= 1;
        return true;
      }
      return false;
    },
  };
}

/**
 * An event has one sequence, however often it was sent until it was known: with a second one it would be told twice. Only when the first
 * one was lost does it get another, however long its publisher had to try.
 */
function toldTwice(history, ep, attempts) {
  const told = new Map();
  const violations = [];
  for (const { base, upto, at, key } of attempts) {
    if (!told.has(base)) told.set(base, { upto, at });
    const first = told.get(base);
    if (first.upto === upto || history.inLostTail(history.eventByNumber.get(base)?.sent ?? at, first.at, at)) continue;
    violations.push(`${ep}  ${key}: event ${base} was told as ${first.upto} and as ${upto}`);
  }
  return violations;
}
