// R delivery rules, in the calm phase: a park spends no attempt and is followed by no burst; what is rejected holds up nobody.
const delivered = (history, attempts, n) => {
  const { key } = history.eventByNumber.get(n);
  return attempts.find((attempt) => attempt.key === key && attempt.ok);
};

export function rulesKept(history) {
  const counts = {};
  const violations = [];
  const endpoint = (ep, attempts) => {
    for (const row of history.calm.filter((mark) => mark.ep === ep)) {
      if (row.calm === 'limited') violations.push(...limitKept(history, row, attempts, counts));
      if (row.calm === 'rejecting') violations.push(...othersServed(history, row, attempts, counts));
    }
  };
  return { endpoint, end: () => ({ counts, violations }) };
}

/** The receiver takes ten a second and says Retry-After: 1 to the rest. */
function limitKept(history, { ep, numbers, from }, attempts, counts) {
  const violations = [];
  const ends = numbers.map((n) => delivered(history, attempts, n)?.end ?? Infinity);
  const took = Math.max(...ends) - from;
  const late = history.machineLate(from, Math.max(...ends));
  if (took > numbers.length * 133 + 5_000 + 30 * late) violations.push(`${ep}: ${numbers.length} items at ten a second took ${Math.round(took)} ms`);
  const refused = new Map();
  for (const attempt of attempts.filter(({ ok }) => !ok)) {
    const second = Math.floor(attempt.at / 1000);
    refused.set(second, (refused.get(second) ?? 0) + 1);
  }
  Object.assign(counts, { limited: numbers.length, tookMs: Math.round(took), refusedPerSecond: [...refused.values()] });
  // Nobody has said anything yet when the first ones are sent, and two rounds may fall into one second.
  const burst = Math.max(0, ...[...refused.values()].slice(2));
  if (burst > 20) violations.push(`${ep}: ${burst} were refused in a second by a receiver that takes ten`);
  for (const { attempt, id } of attempts) if (attempt !== 1) violations.push(`${ep}: ${id} said Lull-Attempt ${attempt}, but it was only put off`);
  if (history.lettersOf(ep).length > 0) violations.push(`${ep}: what was only put off is dead`);
  return violations;
}

/** All but the last are answered 422; the last one is due like any other. */
function othersServed(history, { ep, numbers }, attempts, counts) {
  const good = history.eventByNumber.get(numbers.at(-1));
  const lag = (delivered(history, attempts, good.n)?.at ?? Infinity) - good.acknowledgedAt - history.times.interval;
  counts.besideRejectedMs = Math.round(lag);
  const late = history.machineLate(good.sent, good.acknowledgedAt + 2_000);
  return lag > 250 + late ? [`${ep}: an item came ${Math.round(lag)} ms late beside ${numbers.length - 1} rejected ones`] : [];
}
