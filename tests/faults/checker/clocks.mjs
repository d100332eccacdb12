// What a clock that jumps and comes back must not do. Nothing in a run lives long enough to expire, and no host's clock is touched.
const mostAheadMs = 2_000;

export function clocksBorne(history) {
  const jumps = history.faults.filter(({ kind }) => kind === 'redis:clock');
  const violations = [];
  for (const letter of history.letters.filter(({ reason }) => reason === 'expired')) {
    violations.push(`${letter.ep}  ${letter.key}: expired within minutes`);
  }
  for (const { instance, removedExpired } of history.final) {
    if (removedExpired > 0) violations.push(`${removedExpired} letters were removed for their age (instance ${instance})`);
  }
  const endpoint = (ep, attempts) => {
    for (const { id, signedAhead } of attempts) if (signedAhead > mostAheadMs) violations.push(`${ep}  ${id} was signed ${signedAhead} ms ahead of its arrival`);
  };
  return { endpoint, end: () => ({ counts: { jumps: jumps.length, letters: history.letters.length }, violations }) };
}
