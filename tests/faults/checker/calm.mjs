// I2 timely, I3 coalesced, I7 isolation: to the letter in the calm phase, I3 also under faults. And I8 conservation.

/** Per event: from the latest moment at which it can have become due to its attempt, and how late the machine was meanwhile. */
const lagsOf = (history, numbers, ep) => numbers.flatMap((n) => {
  const event = history.events.find((candidate) => candidate.n === n);
  if (event.acknowledgedAt === undefined) return [];
  const attempt = history.attempts.find((candidate) => candidate.ep === ep && candidate.key === event.key);
  if (!attempt) return [{ lag: Infinity, late: 0 }];
  return [{ lag: attempt.at - event.acknowledgedAt - history.times.interval, late: history.machineLate(event.sent, attempt.at) }];
});

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const rounded = (value) => Math.round(value * 10) / 10;
const singlesOf = (history, what) => history.calm.find((row) => row.calm === 'singles' && row.what === what);

export function timely(history) {
  const singles = singlesOf(history, 'alone');
  if (!singles) return { counts: { judged: 0 }, violations: [] };
  const lags = lagsOf(history, singles.numbers, singles.ep);
  const late = lags.filter((seen) => seen.lag > 250 + seen.late);
  const most = (values) => rounded(Math.max(0, ...values));
  const all = lags.map(({ lag }) => lag);
  const counts = { judged: lags.length, medianMs: rounded(quantile(all, 0.5)), maxMs: most(all), machineLateMs: most(lags.map((seen) => seen.late)),
    excused: lags.filter(({ lag }) => lag > 250).length - late.length };
  const violations = late.map((seen) => `an attempt started ${seen.lag} ms after its due; the machine itself was ${seen.late} ms late`);
  const first = history.attempts.filter(({ ep, at }) => ep === singles.ep && at < singles.at);
  for (const { id, attempt } of first) if (attempt !== 1) violations.push(`${id}: the first attempt said Lull-Attempt ${attempt}`);
  return { counts, violations };
}

export function coalesced(history) {
  const counts = { bursts: 0, windowPairs: 0 };
  const violations = [];
  for (const burst of history.calm.filter((row) => row.calm === 'burst')) {
    const events = burst.numbers.map((n) => history.events.find((event) => event.n === n));
    const apart = events.slice(1).map((event, index) => event.acknowledgedAt - events[index].sent);
    if (Math.max(...apart) > history.times.interval * 0.8) continue; // This machine was too slow to make it a burst.
    counts.bursts += 1;
    const attempts = history.attempts.filter(({ ep, key }) => ep === burst.ep && key === events[0].key);
    if (attempts.length !== 1 || attempts[0].events !== events.length) {
      violations.push(`a burst of ${events.length} events on ${events[0].key} gave ${attempts.length} attempts of ${attempts.map((attempt) => attempt.events)} events`);
    }
  }
  violations.push(...windowsTooClose(history, counts));
  return { counts, violations };
}

/** A window closed after the last event in it was sent, and the next one of its key must not be seen within Interval of that. */
/** A jump of the server's clock, and coming back from it, lets the fleet's time run up to 5 % fast or slow, and nothing more. */
function leastDistance(history, from, to) {
  const slewing = history.during(from - 10_000, to, ({ kind }) => kind === 'redis:clock').length > 0;
  return history.times.interval * (slewing ? 0.95 : 1) - 2;
}

function windowsTooClose(history, counts) {
  const violations = [];
  const bySequence = new Map(history.events.flatMap((event) => [...event.sequences].map((sequence) => [sequence, event])));
  const unsteady = (from, to) => history.inLostTail(from - 2_000, to)
    || history.registry.some((row) => row.op === 'flush' && row.to >= from - 100 && row.from <= to);
  const firstSeen = new Map();
  for (const attempt of history.attempts) {
    if (!firstSeen.has(attempt.key)) firstSeen.set(attempt.key, new Map());
    const seen = firstSeen.get(attempt.key);
    if (!seen.has(attempt.upto)) seen.set(attempt.upto, attempt.at);
  }
  for (const [key, seen] of firstSeen) {
    const uptos = [...seen.keys()].sort((a, b) => a - b);
    for (let i = 1; i < uptos.length; i += 1) {
      const earlier = bySequence.get(uptos[i - 1]);
      if (!earlier) continue;
      counts.windowPairs += 1;
      const distance = seen.get(uptos[i]) - earlier.sent;
      if (distance < leastDistance(history, earlier.sent, seen.get(uptos[i])) && !unsteady(earlier.sent, seen.get(uptos[i]))) {
        violations.push(`${key}: windows up to ${uptos[i - 1]} and ${uptos[i]} fired within ${Math.round(distance)} ms (at ${seen.get(uptos[i])})`);
      }
    }
  }
  return violations;
}

export function isolated(history) {
  const [alone, beside] = [singlesOf(history, 'alone'), singlesOf(history, 'beside')];
  if (!alone || !beside) return { counts: { judged: 0 }, violations: [] };
  const [alones, besides] = [alone, beside].map((row) => lagsOf(history, row.numbers, row.ep));
  const [without, within] = [alones, besides].map((lags) => quantile(lags.map(({ lag }) => lag), 0.9));
  const late = Math.max(0, ...besides.map((seen) => seen.late));
  const limit = Math.max(2 * without, without + 20) + late;
  const counts = { judged: beside.numbers.length, p90AloneMs: rounded(without), p90BesideMs: rounded(within), machineLateMs: rounded(late) };
  return { counts, violations: within > limit ? [`p90 ${within} ms beside blackholed endpoints, ${without} ms without them`] : [] };
}

export function conserved(history) {
  const counts = {};
  const violations = [];
  for (const row of history.final) {
    const { created, revived, delivered, superseded, dead_lettered: dead, cancelled, pending } = row;
    Object.assign(counts, { created, revived, delivered, superseded, dead, cancelled, pending });
    const balance = created + revived - delivered - superseded - dead - cancelled - pending;
    if (balance !== 0) violations.push(`instance ${row.instance}: ${created} + ${revived} differs from the rest by ${balance}: ${JSON.stringify(row)}`);
    const { instance: _, ...rest } = row;
    const { instance: __, ...first } = history.final[0];
    if (JSON.stringify(rest) !== JSON.stringify(first)) violations.push(`instance ${row.instance} tells other numbers than instance ${history.final[0].instance}`);
  }
  // No fault of the harness damages a value: what could not be read was written so, and books that were put right were wrong.
  for (const { kind, subject, sentence } of history.alerts.filter((alert) => alert.kind === 'unreadable')) {
    violations.push(`an alert says ${kind}, ${subject}: ${sentence}`);
  }
  return { counts, violations };
}

/** What no invariant names: processes end when they are told to and not before; the API answers what its contract says. */
export function wellBehaved(history) {
  const ended = history.faults.filter(({ kind }) => kind === 'ended-by-itself');
  const terms = history.faults.filter(({ kind }) => kind === 'random:term');
  const violations = ended.map((fault) => `instance ${fault.instance} ended by itself: ${JSON.stringify(fault)}`);
  for (const term of terms.filter(({ code }) => code !== 0)) violations.push(`SIGTERM ended instance ${term.instance} with ${term.code} ${term.signal}`);
  for (const [status, count] of Object.entries(history.surprises)) violations.push(`${count} publishes were answered ${status}`);
  violations.push(...outageWellBorne(history));
  for (const fault of history.faults.filter(({ kind }) => kind === 'harness')) violations.push(`the harness stumbled: ${fault.error}`);
  return { counts: { terms: terms.length, startsRefused: history.faults.filter(({ kind }) => kind === 'start-refused').length }, violations };
}

/** With Redis gone and every process alive, each publish is answered, and in time; health says what is the matter. */
function outageWellBorne(history) {
  if (!history.outage) return [];
  const violations = [];
  const { dead, notReadyMs, readyMs } = history.outage;
  const unanswered = history.publishes.filter(({ status }) => status === undefined).length;
  const slow = history.publishes.filter(({ sent, ended }) => ended - sent > 10_000).length;
  if (unanswered > 0) violations.push(`${unanswered} publishes had no answer`);
  if (slow > 0) violations.push(`${slow} publishes took longer than 10 s`);
  if (dead > 0) violations.push(`an instance was not alive ${dead} times`);
  if (!(notReadyMs <= 5_000)) violations.push(`not ready only after ${notReadyMs} ms`);
  if (readyMs > 8_000) violations.push(`ready again only after ${readyMs} ms`);
  return violations;
}
