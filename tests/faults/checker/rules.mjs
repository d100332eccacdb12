// R delivery rules, in the calm phase: a park spends no attempt and is followed by no burst; what is rejected holds up nobody.
const delivered = (history, ep, n) => {
  const { key } = history.events.find((event) => event.n === n);
  return history.attempts.find((attempt) => attempt.ep === ep && attempt.key === key && attempt.ok);
};

export function rulesKept(history) {
  const counts = {};
  const violations = [];
  for (const row of history.calm.filter(({ calm }) => calm === 'limited')) violations.push(...limitKept(history, row, counts));
  for (const row of history.calm.filter(({ calm }) => calm === 'rejecting')) violations.push(...othersServed(history, row, counts));
  return { counts, violations };
}

/** The receiver takes ten a second and says Retry-After: 1 to the rest. */
function limitKept(history, { ep, numbers, from }, counts) {
  const violations = [];
  const attempts = history.attempts.filter((attempt) => attempt.ep === ep);
  const ends = numbers.map((n) => delivered(history, ep, n)?.end ?? Infinity);
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
  if (history.letters.some((letter) => letter.ep === ep)) violations.push(`${ep}: what was only put off is dead`);
  return violations;
}

/** All but the last are answered 422; the last one is due like any other. */
function othersServed(history, { ep, numbers }, counts) {
  const good = history.events.find(({ n }) => n === numbers.at(-1));
  const lag = (delivered(history, ep, good.n)?.at ?? Infinity) - good.acknowledgedAt - history.times.interval;
  counts.besideRejectedMs = Math.round(lag);
  const late = history.machineLate(good.sent, good.acknowledgedAt + 2_000);
  return lag > 250 + late ? [`${ep}: an item came ${Math.round(lag)} ms late beside ${numbers.length - 1} rejected ones`] : [];
}
