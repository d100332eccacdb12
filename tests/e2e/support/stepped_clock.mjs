// A wall clock that a test steps, preloaded into one redis-server: nobody else's clock moves.
import { execFileSync } from 'node:child_process';
import { openSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../../faults/stepped_clock.c');

/** Builds it into `directory`; `env` is what the process needs that is to run by it. */
export class SteppedClock {
  #file;

  constructor(directory) {
    const library = join(directory, 'stepped_clock.so');
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source]);
    this.#file = openSync(join(directory, 'clock'), 'w+');
    this.env = { LD_PRELOAD: library, STEPPED_CLOCK: join(directory, 'clock') };
    this.step(0);
  }

  /** The clock runs ahead (or behind) by this from now on. */
  step(seconds) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds) * 1_000_000n);
    writeSync(this.#file, bytes, 0, 8, 0);
  }
}
