// I2 timely, I7 isolation: to the letter in the calm phase.

/** Per event of a mark: from the latest moment at which it can have become due to its attempt, and how late the machine was meanwhile. */
const lagsOf = (history, { numbers, ep }, attempts) => {
  const waits = history.toldEvery(ep) ? 0 : history.times.interval;
  return numbers.map((n) => history.eventByNumber.get(n)).filter((event) => event.acknowledgedAt !== undefined).map((event) => {
    const attempt = attempts.find(({ key }) => key === event.key);
    if (!attempt) return { lag: Infinity, late: 0 };
    return { lag: attempt.at - event.acknowledgedAt - waits, late: history.machineLate(event.sent, attempt.at) };
  });
};

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const rounded = (value) => Math.round(value * 10) / 10;
const most = (values) => rounded(Math.max(0, ...values));
const singlesOf = (history, ep, ...kinds) => history.calm.filter((row) => row.calm === 'singles' && row.ep === ep && kinds.includes(row.what));

export function timely(history) {
  const counts = { judged: 0 };
  const violations = [];
  const endpoint = (ep, attempts) => {
    for (const mark of singlesOf(history, ep, 'alone', 'each')) violations.push(...inTime(history, mark, attempts, counts));
  };
  return { endpoint, end: () => ({ counts, violations }) };
}

/** Of a debounced endpoint the figures stand beside the counts, those of one that is told every event below `each`. */
function inTime(history, mark, attempts, counts) {
  const lags = lagsOf(history, mark, attempts);
  const late = lags.filter((seen) => seen.lag > 250 + seen.late);
  const all = lags.map(({ lag }) => lag);
  const figures = { judged: lags.length, medianMs: rounded(quantile(all, 0.5)), maxMs: most(all), machineLateMs: most(lags.map((seen) => seen.late)),
    excused: lags.filter(({ lag }) => lag > 250).length - late.length };
  Object.assign(counts, mark.what === 'each' ? { each: figures } : figures);
  const violations = late.map((seen) => `${mark.ep}: an attempt started ${seen.lag} ms after its due; the machine itself was ${seen.late} ms late`);
  for (const { id, attempt, at, replay } of attempts) {
    if (at < mark.at && at >= mark.from && attempt !== 1 && !replay) violations.push(`${id}: the first attempt said Lull-Attempt ${attempt}`);
  }
  return violations;
}

export function isolated(history) {
  const counts = { judged: 0 };
  const violations = [];
  const endpoint = (ep, attempts) => {
    const [alone] = singlesOf(history, ep, 'alone');
    const [beside] = singlesOf(history, ep, 'beside');
    if (!alone || !beside) return;
    const [alones, besides] = [alone, beside].map((mark) => lagsOf(history, mark, attempts));
    const [without, within] = [alones, besides].map((lags) => quantile(lags.map(({ lag }) => lag), 0.9));
    const late = Math.max(0, ...besides.map((seen) => seen.late));
    const limit = Math.max(2 * without, without + 20) + late;
    Object.assign(counts, { judged: beside.numbers.length, p90AloneMs: rounded(without), p90BesideMs: rounded(within), machineLateMs: rounded(late) });
    if (within > limit) violations.push(`p90 ${within} ms beside blackholed endpoints, ${without} ms without them`);
  };
  return { endpoint, end: () => ({ counts, violations }) };
}
