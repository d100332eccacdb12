// How the invariants are put to a history: each is a function of the history that gives `{endpoint?, end}`. `endpoint(ep, attempts)`
// is called once for each endpoint, with its attempts by time; `end()` gives `{counts, violations}`.
import { conserved, wellBehaved } from './books.mjs';
import { isolated, timely } from './calm.mjs';
import { clocksBorne } from './clocks.mjs';
import { coalesced } from './coalesced.mjs';
import { duplicatesBounded } from './copies.mjs';
import { nothingInvented } from './invented.mjs';
import { nothingLost } from './lost.mjs';
import { mailboxesKept } from './mailboxes.mjs';
import { inOrder } from './order.mjs';
import { rulesKept } from './rules.mjs';

export const invariants = [
  ['I1', 'nothing lost', nothingLost], ['I2', 'timely', timely], ['I3', 'coalesced', coalesced],
  ['I4', 'duplicates bounded', duplicatesBounded], ['I5', 'nothing invented', nothingInvented], ['I6', 'order', inOrder],
  ['I7', 'isolation', isolated], ['I8', 'conservation', conserved], ['M', 'mailboxes', mailboxesKept], ['R', 'delivery rules', rulesKept], ['--', 'processes and API', wellBehaved],
  ['--', 'clocks', clocksBorne],
];

/** @returns `{number, name, counts, violations}` of each, having read the attempts once. */
export function judge(history, rules = invariants) {
  const judges = rules.map(([number, name, rule]) => ({ number, name, rule: rule(history) }));
  for (const ep of history.endpoints) {
    const attempts = history.attemptsOf(ep);
    for (const { rule } of judges) rule.endpoint?.(ep, attempts);
  }
  return judges.map(({ number, name, rule }) => ({ number, name, ...rule.end() }));
}
