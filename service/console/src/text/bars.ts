// The last 24 hours of an endpoint in a few bars.
import type { HistoryStep } from '../api/fleet-types';

export interface Bar {
  attempts: number;
  failures: number;
}

const day = 24 * 60 * 60 * 1000;

/** Steps older than a day are left out; a step that was not kept is an empty part of its bar. */
export function bars(steps: readonly HistoryStep[], now: number, columns: number): Bar[] {
  const list = Array.from({ length: columns }, () => ({ attempts: 0, failures: 0 }));
  for (const { at, attempts = 0, failures = 0 } of steps) {
    const place = Math.floor(((Date.parse(at) - (now - day)) / day) * columns);
    const bar = list[Math.min(place, columns - 1)];
    if (!bar) continue;
    bar.attempts += attempts;
    bar.failures += failures;
  }
  return list;
}
