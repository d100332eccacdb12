// A redis-server of the test's own (External mode), on a free port of loopback.
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { temporaryDirectory, track } from './cleanup.mjs';
import { SteppedClock } from './stepped_clock.mjs';
import { waitFor, within } from './wait.mjs';

const run = promisify(execFile);

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** With `steppedClock` its `clock` can be set. */
export async function startRedis({ options = {}, port, steppedClock = false } = {}) {
  const redis = new Redis(options, port ?? await freePort());
  if (steppedClock) redis.clock = new SteppedClock(redis.directory);
  await redis.start();
  return redis;
}

class Redis {
  constructor(options, port) {
    this.port = port;
    this.directory = temporaryDirectory('redis');
    this.options = { appendonly: 'yes', 'maxmemory-policy': 'noeviction', save: '', ...options };
    this.password = options.requirepass;
    this.connectionString = `127.0.0.1:${port}` + (this.password ? `,password=${this.password}` : '');
  }

  async start() {
    const args = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.directory];
    for (const [key, value] of Object.entries(this.options)) args.push(`--${key}`, value);
    this.child = track(spawn('redis-server', args, { stdio: 'ignore', env: { ...process.env, ...this.clock?.env } }));
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    await waitFor('redis-server answers', async () => (await this.command('PING')) === 'PONG');
  }

  async command(...words) {
    const login = this.password ? ['--no-auth-warning', '-a', this.password] : [];
    const { stdout } = await run('redis-cli', ['-p', `${this.port}`, ...login, ...words]);
    return stdout.trim();
  }

  /** Ends it as a crash would; `start` brings it back with its data. */
  async kill() {
    this.child.kill('SIGKILL');
    await within(5_000, 'redis-server ends', this.exited);
  }

  freeze() {
    this.child.kill('SIGSTOP');
  }

  thaw() {
    this.child.kill('SIGCONT');
  }
}
