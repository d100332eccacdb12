// I1 nothing lost, I5 nothing invented, I6 order.
import { slot } from './history.mjs';

const bitOf = (key) => Number(key.split('|')[0]);

/** What discharges an event: the highest sequence answered as success, or dead, per (endpoint, key). */
function discharged(history) {
  const reached = { success: new Map(), letter: new Map(), purged: new Map() };
  const raise = (map, row) => map.set(slot(row), Math.max(map.get(slot(row)) ?? 0, row.upto));
  for (const attempt of history.attempts) if (attempt.ok) raise(reached.success, attempt);
  for (const letter of history.letters) raise(reached.letter, letter);
  for (const purge of history.registry.filter((row) => row.op === 'letter-purge')) {
    // The letter may have been renewed between being looked at and being removed.
    const tried = (history.attemptsBySlot.get(slot(purge)) ?? []).filter((attempt) => attempt.at <= purge.to);
    raise(reached.purged, { ...purge, upto: Math.max(purge.upto, ...tried.map(({ upto }) => upto)) });
  }
  for (const purge of history.registry.filter((row) => row.op === 'queue-purge' || (row.op === 'begin' && row.of === 'queue-purge'))) {
    raise(reached.purged, { ...purge, upto: purge.upto ?? newestSentBy(history, purge) });
  }
  return reached;
}

/** Of a key, the highest sequence of what was sent before the purge was answered: only then it had surely looked. */
function newestSentBy(history, purge) {
  const before = history.events.filter((event) => event.key === purge.key && event.sent <= (purge.to ?? Infinity));
  return Math.max(0, ...before.flatMap(({ sequences }) => [...sequences]));
}

export function nothingLost(history) {
  const reached = discharged(history);
  const counts = { owed: 0, delivered: 0, deadLettered: 0, purged: 0, lost: 0, lostTail: 0 };
  const violations = [];
  for (const ep of history.endpoints) {
    const since = new Map([1, 2, 4, 8].map((bit) => [bit, history.subscribedSince(ep, bit)]));
    for (const event of history.events) {
      const from = since.get(bitOf(event.key));
      if (event.acknowledgedAt === undefined || from === undefined || event.sent < from) continue;
      counts.owed += 1;
      const sequence = Math.max(...event.sequences);
      const at = slot({ ep, key: event.key });
      if (reached.success.get(at) >= sequence) counts.delivered += 1;
      else if (reached.letter.get(at) >= sequence) counts.deadLettered += 1;
      else if (reached.purged.get(at) >= sequence) counts.purged += 1;
      else if (history.inLostTail(event.sent, event.acknowledgedAt)) counts.lostTail += 1;
      else {
        counts.lost += 1;
        violations.push(`${at}: event ${event.n}, sequence ${sequence}, sent ${event.sent}, acknowledged ${event.acknowledgedAt}; `
          + `delivered up to ${reached.success.get(at)}, letter ${reached.letter.get(at)}`);
      }
    }
  }
  for (const quiet of history.quiets) {
    if (!quiet.quiet) violations.push(`not quiet after ${Math.round(quiet.quietAfterMs)} ms: ${JSON.stringify(quiet.left)}`);
  }
  if (history.final.length === 0) violations.push('the run has no end: nothing was healed and counted');
  return { counts, violations };
}

export function nothingInvented(history) {
  const counts = { attempts: history.attempts.length, afterPause: 0, exempt: 0, unknownEvents: 0, lostTail: 0 };
  const violations = [...inventedSequences(history, counts), ...strangeContent(history)];
  for (const attempt of history.attempts) {
    const barred = barredAt(history, attempt);
    if (!barred) continue;
    // A frozen process cannot look at the clock: what it was about to send leaves when it is thawed.
    if (history.frozen(barred.to - history.lease, attempt.at) || history.inLostTail(barred.from, barred.to)) {
      counts.exempt += 1;
    } else {
      counts.afterPause += 1;
      violations.push(`${attempt.ep} had an attempt ${Math.round(attempt.at - barred.to)} ms after its ${barred.op} was acknowledged `
        + `(${attempt.id}, attempt ${attempt.attempt}, at ${attempt.at})`);
    }
  }
  return { counts, violations };
}

/** A pause or deletion that was in force for more than a second when the attempt started. */
function barredAt(history, attempt) {
  const rows = history.registry.filter((row) => row.ep === attempt.ep && ['pause', 'resume', 'delete', 'begin'].includes(row.op));
  let barred;
  for (const row of rows) {
    if (row.op === 'begin' && row.of === 'resume' && row.at <= attempt.at) barred = undefined;
    if ((row.op === 'pause' || row.op === 'delete') && row.to + 1_000 < attempt.at) barred = row;
  }
  return barred;
}

function inventedSequences(history, counts) {
  const violations = [];
  const owner = new Map();
  const unknownOf = new Map();
  let highest = 0;
  for (const event of history.events) {
    for (const sequence of event.sequences) {
      const first = owner.get(sequence);
      if (first && history.givenOutAgain(first)) counts.lostTail += 1;
      else if (first) violations.push(`sequence ${sequence} was given to events ${first.n} and ${event.n}`);
      owner.set(sequence, event);
      highest = Math.max(highest, sequence);
    }
    if (event.unknown > 0) unknownOf.set(event.key, (unknownOf.get(event.key) ?? 0) + event.unknown);
  }
  const unattributed = new Map();
  for (const attempt of history.attempts) {
    const event = owner.get(attempt.upto);
    if (event && event.key !== attempt.key && history.redisDeaths.length > 1 && history.fsync === 'everysec') {
      counts.lostTail += 1;
      continue;
    }
    if (event && event.key !== attempt.key) violations.push(`${slot(attempt)} carries ${attempt.upto}, the sequence of ${event.key}`);
    if (event) {
      if (event.sent > attempt.at) violations.push(`${slot(attempt)} carries ${attempt.upto} before that event was sent`);
      continue;
    }
    if (attempt.upto > highest) violations.push(`${slot(attempt)} carries ${attempt.upto}, more than was ever issued (${highest})`);
    if (!unattributed.has(attempt.key)) unattributed.set(attempt.key, new Set());
    unattributed.get(attempt.key).add(attempt.upto);
  }
  for (const [key, uptos] of unattributed) {
    counts.unknownEvents += uptos.size;
    if (uptos.size > (unknownOf.get(key) ?? 0)) {
      violations.push(`${key}: ${uptos.size} sequences nobody was given, but ${unknownOf.get(key) ?? 0} events of unknown outcome: ${[...uptos].slice(0, 3)}`);
    }
  }
  return violations;
}

/** What a notification carries was published for its key, and is not old news, whatever the server's clock did. */
function strangeContent(history) {
  const violations = [];
  const byNumber = new Map(history.events.map((event) => [event.n, event]));
  const bySequence = new Map(history.events.flatMap((event) => [...event.sequences].map((sequence) => [sequence, event])));
  for (const attempt of history.attempts) {
    const content = byNumber.get(attempt.base);
    const newest = bySequence.get(attempt.upto);
    if (!content || content.key !== attempt.key) {
      violations.push(`${slot(attempt)} carries content ${attempt.base} that was not published for it`);
    } else if (newest && content.acknowledgedAt < newest.sent - 1_000 && !history.inLostTail(content.sent, newest.acknowledgedAt)) {
      violations.push(`${slot(attempt)} has sequence ${attempt.upto} (event ${newest.n}) with the content of event ${content.n}, `
        + `${Math.round(newest.sent - content.acknowledgedAt)} ms older`);
    }
  }
  return violations;
}

/** What an operator cancels while it is on its way gives up its lease: what follows it may overtake it. */
function purgedInFlight(history, newer, older) {
  return history.registry.some((row) => row.op === 'queue-purge' && slot(row) === slot(older)
    && row.from <= newer.at && row.to >= older.at - history.lease);
}

export function inOrder(history) {
  const counts = { pairs: 0, violations: 0, afterLease: 0, afterPurge: 0, lostTail: 0 };
  const violations = [];
  for (const [at, attempts] of history.attemptsBySlot) {
    let highest;
    for (const attempt of attempts) {
      counts.pairs += 1;
      if (highest && attempt.upto < highest.upto) {
        if (history.frozen(attempt.at - 2 * history.lease, attempt.at)) counts.afterLease += 1;
        else if (purgedInFlight(history, highest, attempt)) counts.afterPurge += 1;
        else if (history.fsync === 'everysec' && history.redisDeaths.some((death) => death.at >= highest.at - 2_000 && death.at <= attempt.at)) counts.lostTail += 1;
        else {
          counts.violations += 1;
          violations.push(`${at}: ${attempt.upto} (at ${attempt.at}) after ${highest.upto} (at ${highest.at})`);
        }
      }
      if (!highest || attempt.upto > highest.upto) highest = attempt;
    }
  }
  return { counts, violations };
}
