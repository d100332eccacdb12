// The resident memory of a process, as Linux counts it.
import { readFileSync, writeFileSync } from 'node:fs';

const kibibytes = (pid, key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

/** Begins a measurement: `growth()` is how far the peak since then lies above the memory of now, in MiB. */
export function footprintOf(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // the peak begins anew (proc(5))
  const start = kibibytes(pid, 'VmRSS');
  return { start: start / 1024, growth: () => Math.max(0, kibibytes(pid, 'VmHWM') - start) / 1024 };
}
