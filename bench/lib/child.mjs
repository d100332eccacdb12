import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { once } from 'node:events';

const TICKS_PER_SECOND = 100; // USER_HZ, which the kernel keeps at 100 towards user space.

/** A process of the bench: its output goes to a log, its CPU time and memory are read from /proc. */
export class Child {
  #process;
  #lines;
  #log;

  constructor(name, command, args, { log, env, cwd, lines = false, detached = false }) {
    if (command.includes('/') && !existsSync(command)) {
      throw new Error(`${command} does not exist; build it first (./dev build)`);
    }
    this.name = name;
    this.#log = log;
    const file = openSync(log, 'a');
    this.#process = spawn(command, args, {
      cwd,
      detached,
      env: { ...process.env, ...env },
      stdio: ['pipe', lines ? 'pipe' : file, file],
    });
    closeSync(file);
    this.#process.stdin.on('error', () => {}); // A process that ended is told by `ended`, not by a broken pipe.
    this.exited = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => resolve(signal ?? code));
      this.#process.once('error', (error) => resolve(error.message));
    });
    this.exited.then((how) => (this.ended = `${name} ended (${how}): ${this.lastLog()}`));
    if (lines) {
      this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    }
  }

  get pid() {
    return this.#process.pid;
  }

  lastLog() {
    return readFileSync(this.#log, 'utf8').trim().split('\n').slice(-3).join(' | ').slice(-600);
  }

  async readLine() {
    const { value, done } = await this.#lines.next();
    if (done) {
      await this.exited;
      throw new Error(this.ended);
    }
    return value;
  }

  writeLine(line) {
    this.#process.stdin.write(`${line}\n`);
  }

  assertAlive() {
    if (this.ended) {
      throw new Error(this.ended);
    }
  }

  cpuSeconds() {
    this.assertAlive();
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    // The command name may hold blanks, so the fields count from the bracket that closes it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  rssBytes() {
    this.assertAlive();
    const [, kibibytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'));
    return Number(kibibytes) * 1024;
  }

  /** kill -9; returns once the process is gone. */
  async kill() {
    this.#process.kill('SIGKILL');
    await this.exited;
  }

  /** kill -9 of a detached process and of all that it has started. */
  async killGroup() {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // They have ended.
    }
    await this.exited;
  }

  async stop() {
    if (this.ended) {
      return;
    }
    this.#process.stdin.destroy();
    this.#process.kill('SIGTERM');
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), 15_000);
    await this.exited;
    clearTimeout(killer);
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Polls until `probe` gives a truthy value, which it returns. */
export async function until(what, probe, { timeoutMs = 15_000, everyMs = 20 } = {}) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) {
      return value;
    }
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    }
    await sleep(everyMs);
  }
}
