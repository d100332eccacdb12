// I3 coalesced: to the letter in the calm phase, also under faults; and what is told event by event is never merged.

export function coalesced(history) {
  const counts = { bursts: 0, windowPairs: 0, everyMessages: 0 };
  const violations = [];
  const firstSeen = new Map();
  const endpoint = (ep, attempts) => {
    if (history.toldEvery(ep)) {
      violations.push(...neverMerged(ep, attempts, counts));
      return;
    }
    for (const burst of history.calm.filter((row) => row.calm === 'burst' && row.ep === ep)) violations.push(...oneOfTheBurst(history, burst, attempts, counts));
    noteFirstSight(firstSeen, attempts);
  };
  const end = () => {
    violations.push(...windowsTooClose(history, firstSeen, counts));
    return { counts, violations };
  };
  return { endpoint, end };
}

/** `delivery: every`: a message is one event. */
function neverMerged(ep, attempts, counts) {
  counts.everyMessages += new Set(attempts.map(({ id }) => id)).size;
  return attempts.filter(({ events }) => events !== 1).map(({ key, upto, events }) => `${ep}  ${key}: the message of ${upto} says Lull-Event-Count ${events}`);
}

function oneOfTheBurst(history, burst, all, counts) {
  if (history.times.interval === 0) return []; // Each event may be told by itself.
  const events = burst.numbers.map((n) => history.eventByNumber.get(n));
  const apart = events.slice(1).map((event, index) => event.acknowledgedAt - events[index].sent);
  if (Math.max(...apart) > history.times.interval * 0.8) return []; // This machine was too slow to make it a burst.
  counts.bursts += 1;
  const attempts = all.filter(({ key }) => key === events[0].key);
  if (attempts.length === 1 && attempts[0].events === events.length) return [];
  return [`a burst of ${events.length} events on ${events[0].key} gave ${attempts.length} attempts of ${attempts.map((attempt) => attempt.events)} events`];
}

/** Per key and sequence, when any debounced endpoint first saw it. */
function noteFirstSight(firstSeen, attempts) {
  for (const { key, upto, at } of attempts) {
    if (!firstSeen.has(key)) firstSeen.set(key, new Map());
    const seen = firstSeen.get(key);
    seen.set(upto, Math.min(seen.get(upto) ?? Infinity, at));
  }
}

/** A jump of the server's clock, and coming back from it, lets the fleet's time run up to 5 % fast or slow, and nothing more. */
function leastDistance(history, from, to) {
  const slewing = history.during(from - 10_000, to, ({ kind }) => kind === 'redis:clock').length > 0;
  return history.times.interval * (slewing ? 0.95 : 1) - 2;
}

/** A window closed after the last event in it was sent, and the next one of its key must not be seen within Interval of that. */
function windowsTooClose(history, firstSeen, counts) {
  const violations = [];
  const unsteady = (from, to) => history.inLostTail(from - 2_000, to)
    || history.registry.some((row) => row.op === 'flush' && row.to >= from - 100 && row.from <= to);
  for (const [key, seen] of firstSeen) {
    const uptos = [...seen.keys()].sort((a, b) => a - b);
    for (let i = 1; i < uptos.length; i += 1) {
      const earlier = history.eventBySequence.get(uptos[i - 1]);
      if (!earlier) continue;
      counts.windowPairs += 1;
      const at = seen.get(uptos[i]);
      const distance = at - earlier.sent;
      if (distance < history.times.interval && distance < leastDistance(history, earlier.sent, at) && !unsteady(earlier.sent, at)) {
        violations.push(`${key}: windows up to ${uptos[i - 1]} and ${uptos[i]} fired within ${Math.round(distance)} ms (at ${at})`);
      }
    }
  }
  return violations;
}
