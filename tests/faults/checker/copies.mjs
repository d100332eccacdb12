// I4 duplicates bounded and recognisable.
import { grouped } from './history.mjs';

// A deadline that passed is the only way in which a SIGTERM may lead to a repetition. A jump of the
// server's clock is no reason for any.
const canRepeat = (fault) => !['random:term', 'harness', 'receiver', 'redis-died', 'redis:clock'].includes(fault.kind) || (fault.kind === 'random:term' && fault.tookMs > 8_000);

const familyOf = (kind) => (kind.startsWith('point:') ? `${kind.split(':')[2]} (${kind.split(':')[1]})` : kind);

export function duplicatesBounded(history) {
  const counts = { ids: 0, repeatedSuccesses: 0, causes: {} };
  const violations = [];
  // In a lost tail a message may be made twice, from windows that were merged otherwise.
  const inTail = (attempts) => history.fsync === 'everysec'
    && history.redisDeaths.some(({ at }) => at >= attempts[0].at - 2_000 && at <= attempts.at(-1).at);
  const endpoint = (ep, all) => {
    const byId = grouped(all, ({ id }) => id);
    counts.ids += byId.size;
    const before = counts.repeatedSuccesses;
    for (const [id, attempts] of byId) {
      const contents = new Set(attempts.map(({ key, upto, base }) => `${key} upto ${upto} content ${base}`));
      if (contents.size > 1 && !inTail(attempts)) violations.push(`${ep}  ${id} was sent with different contents: ${[...contents].join('; ')}`);
      violations.push(...repeats(history, `${ep}  ${id}`, attempts.filter(({ ok }) => ok), counts));
    }
    for (const [content, attempts] of grouped(all, ({ key, upto }) => `${key}  ${upto}`)) {
      const ids = new Set(attempts.map(({ id }) => id));
      if (ids.size > 1 && !inTail(attempts)) violations.push(`${ep}  ${content} was sent under ${ids.size} ids: ${[...ids].join(', ')}`);
    }
    if (history.tellingOf(ep).channel === 'rabbitmq') counts.readTwice = (counts.readTwice ?? 0) + counts.repeatedSuccesses - before;
  };
  return { endpoint, end: () => ({ counts, violations }) };
}

function repeats(history, id, successes, counts) {
  const violations = [];
  for (let i = 1; i < successes.length; i += 1) {
    counts.repeatedSuccesses += 1;
    const [before, again] = [successes[i - 1], successes[i]];
    const causes = history.during(before.at - history.lease, again.at, canRepeat);
    const retried = history.registry.some((row) => row.op === 'letters-retry' && row.to >= before.at - history.lease && row.from <= again.at);
    const cause = causes.length > 0 ? familyOf(causes.at(-1).kind) : retried ? 'letters retried' : undefined;
    if (cause) counts.causes[cause] = (counts.causes[cause] ?? 0) + 1;
    else violations.push(`${id} was answered as success at ${before.at} and again at ${again.at}, and nothing had failed`);
  }
  return violations;
}
