// I6 order: within a key of a debounced endpoint, within a lane of one that is told every event, and of the sequences themselves.
import { grouped } from './history.mjs';

/** Two sockets of one process are not always read in the order in which their peers closed and opened them. */
const sightMs = 100;

export function inOrder(history) {
  const counts = { pairs: 0, violations: 0, afterLease: 0, afterPurge: 0, lostTail: 0, lanes: { pairs: 0, replayed: 0, afterLease: 0, lostTail: 0 } };
  const violations = [];
  const endpoint = (ep, attempts) => {
    if (!history.toldEvery(ep)) {
      for (const [key, ofKey] of grouped(attempts, (attempt) => attempt.key)) violations.push(...neverOlder(history, ep, key, ofKey, counts));
      return;
    }
    const { order } = history.tellingOf(ep);
    if (order === 'none') return;
    const laneOf = order === 'endpoint' ? () => 'all' : (attempt) => attempt.key;
    for (const [lane, ofLane] of grouped(attempts, laneOf)) {
      const name = `${ep}  ${lane}`;
      violations.push(...laneAscends(history, name, ofLane, counts.lanes));
      violations.push(...oneAfterAnother(history, name, ofLane, order === 'endpoint', counts.lanes));
    }
  };
  const end = () => {
    violations.push(...committedInOrder(history));
    return { counts, violations };
  };
  return { endpoint, end };
}

/** What an operator cancels while it is on its way gives up its lease: what follows it may overtake it. */
function purgedInFlight(history, ep, key, newer, older) {
  return history.registryOf(ep).some((row) => row.op === 'queue-purge' && row.key === key && row.from <= newer.at && row.to >= older.at - history.lease);
}

const diedBetween = (history, from, to) => history.fsync === 'everysec' && history.redisDeaths.some((death) => death.at >= from - 2_000 && death.at <= to);

function neverOlder(history, ep, key, attempts, counts) {
  const violations = [];
  let highest;
  for (const attempt of attempts) {
    counts.pairs += 1;
    if (highest && attempt.upto < highest.upto) {
      if (history.frozen(attempt.at - 2 * history.lease, attempt.at)) counts.afterLease += 1;
      else if (purgedInFlight(history, ep, key, highest, attempt)) counts.afterPurge += 1;
      else if (diedBetween(history, highest.at, attempt.at)) counts.lostTail += 1;
      else {
        counts.violations += 1;
        violations.push(`${ep}  ${key}: ${attempt.upto} (at ${attempt.at}) after ${highest.upto} (at ${highest.at})`);
      }
    }
    if (!highest || attempt.upto > highest.upto) highest = attempt;
  }
  return violations;
}

/**
 * Sequences never decrease in a lane; what was revived, set aside or replayed says so and is exempt. A purge is no excuse here: its
 * tombstone holds the lane until the attempt has ended.
 */
function laneAscends(history, name, attempts, counts) {
  const violations = [];
  let highest;
  for (const attempt of attempts) {
    if (attempt.replay) {
      counts.replayed += 1;
      continue;
    }
    counts.pairs += 1;
    if (highest && attempt.upto < highest.upto) {
      if (history.frozen(attempt.at - 2 * history.lease, attempt.at)) counts.afterLease += 1;
      else if (diedBetween(history, highest.at, attempt.at)) counts.lostTail += 1;
      else violations.push(`${name}: ${attempt.upto} (at ${attempt.at}) after its successor ${highest.upto} (at ${highest.at})`);
    }
    if (!highest || attempt.upto > highest.upto) highest = attempt;
  }
  return violations;
}

/** No attempt of a lane starts while another message of it is on its way. @param replaysToo in an endpoint lane one is in flight in all. */
function oneAfterAnother(history, name, attempts, replaysToo, counts) {
  const violations = [];
  let running = [];
  for (const attempt of attempts) {
    if (attempt.replay && !replaysToo) continue;
    running = running.filter(({ end }) => end > attempt.at + sightMs);
    const other = running.find(({ id }) => id !== attempt.id);
    if (other) {
      if (history.frozen(other.at - 2 * history.lease, attempt.at)) counts.afterLease += 1;
      else if (diedBetween(history, other.at, attempt.at)) counts.lostTail += 1;
      else violations.push(`${name}: ${attempt.upto} began at ${attempt.at}, while ${other.upto} was on its way from ${other.at} to ${other.end}`);
    }
    running.push(attempt);
  }
  return violations;
}

/** The events of a request ascend; and nothing that was sent after an event was acknowledged has a lower sequence. */
function committedInOrder(history) {
  if (history.fsync === 'everysec') return []; // A lost tail gives the same numbers out again.
  const violations = [];
  const known = history.publishes.filter((row) => row.out === 'acknowledged');
  for (const [request, rows] of grouped(known.filter((row) => row.request !== undefined), (row) => row.request)) {
    for (let i = 1; i < rows.length; i += 1) {
      if (rows[i].seq <= rows[i - 1].seq) violations.push(`request ${request}: event ${rows[i].n} has ${rows[i].seq}, the one before it ${rows[i - 1].seq}`);
    }
  }
  let latest;
  for (const [sequence, event] of [...history.eventBySequence].sort(([a], [b]) => a - b)) {
    if (latest && event.acknowledgedAt < latest.sent) violations.push(`event ${latest.n}, sent after event ${event.n} was acknowledged, has a lower sequence than ${sequence}`);
    if (!latest || event.sent > latest.sent) latest = event;
  }
  return violations;
}
