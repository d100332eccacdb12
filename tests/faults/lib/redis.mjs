// The redis-server under test: its own directory, append-only, and everything that can befall it.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { track } from '../../e2e/support/cleanup.mjs';
import { SteppedClock } from '../../e2e/support/stepped_clock.mjs';
import { waitFor, within } from '../../e2e/support/wait.mjs';
import { now } from './ledger.mjs';

const run = promisify(execFile);

export class RedisServer {
  #sizes = [];
  #watch;
  kills = 0;

  /** @param fsync always | everysec: with everysec a kill also loses what was not yet on disk, as a power cut would. */
  constructor({ directory, port, fsync }) {
    this.directory = directory;
    this.port = port;
    this.fsync = fsync;
    mkdirSync(directory, { recursive: true });
    this.clock = new SteppedClock(directory);
  }

  async start() {
    const args = ['--port', this.port, '--bind', '127.0.0.1', '--dir', this.directory, '--save', '', '--appendonly', 'yes',
      '--appendfsync', this.fsync, '--maxmemory-policy', 'noeviction', '--logfile', join(this.directory, 'redis.log')];
    const env = { ...process.env, ...this.clock.env };
    this.child = track(spawn('redis-server', args.map(String), { stdio: 'ignore', env }));
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    await waitFor('redis-server answers', async () => (await this.command('PING')) === 'PONG', { timeout: 30_000, interval: 50 });
    this.#sizes = [];
    this.#watch ??= setInterval(() => this.#noteSize(), 100).unref();
  }

  async command(...words) {
    const { stdout } = await run('redis-cli', ['-p', `${this.port}`, ...words.map(String)], { timeout: 20_000 });
    return stdout.trim();
  }

  /** Ends it as a crash would. @returns when it died, and how far back the log was cut (everysec only). */
  async kill(random) {
    this.kills += 1;
    const at = now();
    this.child.kill('SIGKILL');
    await within(5_000, 'redis-server ends', this.exited);
    return { at, lostMs: this.fsync === 'everysec' ? this.#loseTail(at, random.between(0, 1900)) : 0 };
  }

  async stop() {
    clearInterval(this.#watch);
    this.child.kill('SIGKILL');
    await within(5_000, 'redis-server ends', this.exited);
  }

  #log() {
    const folder = join(this.directory, 'appendonlydir');
    const name = existsSync(folder) && readdirSync(folder).filter((file) => file.endsWith('.incr.aof')).sort().at(-1);
    return name ? join(folder, name) : undefined;
  }

  #noteSize() {
    const file = this.#log();
    if (!file || this.fsync !== 'everysec') return;
    this.#sizes.push({ at: now(), size: statSync(file).size, file });
    if (this.#sizes.length > 30) this.#sizes.shift();
  }

  // The page cache survives a kill: what a power cut takes is cut off by hand.
  #loseTail(at, ms) {
    const kept = this.#sizes.filter((seen) => seen.at <= at - ms).at(-1) ?? this.#sizes[0];
    if (!kept || kept.file !== this.#log()) return 0;
    truncateSync(kept.file, kept.size);
    return at - kept.at;
  }
}
