import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What one run of one contestant gets: its working directory, its logs, and what to undo at the end. */
export class Context {
  #cleanups = [];

  /** `lullDir`: where the service's binary is, when it is not the build that is measured. */
  constructor(options, lullDir = options.build) {
    this.options = options;
    this.lull = path.join(lullDir, 'lull');
    this.isBefore = lullDir !== options.build;
    this.quick = options.quick;
    this.bin = path.join(options.build, 'bench');
    this.workDir = mkdtempSync(path.join(tmpdir(), 'lull-bench-'));
  }

  /** The first value with --quick, else the second. */
  pick(quick, full) {
    return this.quick ? quick : full;
  }

  logFile(name) {
    return path.join(this.workDir, `${name}.log`);
  }

  onCleanup(undo) {
    this.#cleanups.push(undo);
  }

  async close() {
    for (const undo of this.#cleanups.reverse()) {
      await undo();
    }
    if (this.options.keep) {
      console.log(`logs: ${this.workDir}`);
    } else {
      rmSync(this.workDir, { recursive: true, force: true });
    }
  }
}
