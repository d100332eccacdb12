// The steps of a history that is read bit by bit.
import type { HistoryStep } from '../api/fleet-types';

/** Old steps and new ones, without what is older than `from` and without a step twice. */
export function appended(old: readonly HistoryStep[], fresh: readonly HistoryStep[], from: number): HistoryStep[] {
  const last = old.at(-1);
  const after = last ? Date.parse(last.at) : -Infinity;
  const added = fresh.filter(({ at }) => Date.parse(at) > after);
  return [...old, ...added].filter(({ at }) => Date.parse(at) >= from);
}

export function sum(steps: readonly HistoryStep[], name: 'accepted' | 'delivered' | 'failed'): number {
  return steps.reduce((total, step) => total + (step[name] ?? 0), 0);
}
