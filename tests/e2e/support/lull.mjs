// Starts and ends the real binary, with its own data directory, its own port and short times.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory, track } from './cleanup.mjs';
import { client, request } from './http.mjs';
import { metricsOf } from './metrics.mjs';
import { freePort } from './redis.mjs';
import { waitFor, within } from './wait.mjs';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const binary = process.env.LULL_BIN ?? join(repository, 'build/release/lull');

const quick = {
  'Debouncing:Interval': '00:00:00.200',
  'Egress:AllowedNetworks': '127.0.0.0/8',
  'Egress:AllowedPorts': '1-65535',
  'Delivery:Retry:Schedule': '00:00:00.200,00:00:00.300',
  'Delivery:Retry:Jitter': '0',
  'Delivery:Timeout': '00:00:05',
};

/** What the child sees of our own environment: nothing that could be a setting. */
function plainEnvironment() {
  const { PATH, LANG, ASAN_OPTIONS, TSAN_OPTIONS, UBSAN_OPTIONS } = process.env;
  const kept = { PATH, LANG, ASAN_OPTIONS, TSAN_OPTIONS, UBSAN_OPTIONS };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

/**
 * Runs the binary as a bare process: `settings` become `--Key=value`. `through` is a command that runs it in turn, with
 * other limits; `stdout` is a descriptor that takes the place of what the test reads.
 * @returns a Lull whose `exited` resolves to `{code, signal}`.
 */
export function spawnLull({
  command = [], settings = {}, env = {}, cwd = temporaryDirectory('cwd'), through = [], stdout = 'pipe',
} = {}) {
  if (!existsSync(binary)) throw new Error(`no binary at ${binary}: build it, or set LULL_BIN`);
  if (command.length === 0 && !listensSomewhere({ settings, env, cwd })) {
    throw new Error('without Urls it would listen on 127.0.0.1:8080, which another suite may be using: give it a free port');
  }
  const options = Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
  const [program, ...words] = [...through, binary, ...command, ...options];
  const child = spawn(program, words, {
    cwd,
    env: { ...plainEnvironment(), HOME: cwd, ...env },
    stdio: ['ignore', stdout, 'pipe'],
  });
  return new Lull(track(child));
}

/** Whether a service started so is told where to listen: by a setting, by a variable or by a file in its directory. */
function listensSomewhere({ settings = {}, env = {}, cwd }) {
  return 'Urls' in settings || 'Urls' in env || (cwd !== undefined && existsSync(join(cwd, 'appsettings.Production.json')));
}

/** Runs a command, or a service that is expected to end (on a free port of its own), to its end. @returns {{code, signal, output, stdout, ms}} */
export async function runLull(options, timeout = 10_000) {
  const began = Date.now();
  const { command = [], settings = {} } = options;
  const own = command.length === 0 && !listensSomewhere(options) ? { Urls: `http://127.0.0.1:${await freePort()}` } : {};
  const lull = spawnLull({ ...options, settings: { ...own, ...settings } });
  const { code, signal } = await within(timeout, `lull ends by itself; so far: ${lull.output}`, lull.exited)
    .finally(() => lull.child.kill('SIGKILL'));
  return { code, signal, output: lull.output, stdout: lull.stdout, ms: Date.now() - began };
}

/** A service that is ready. `redis` makes it External; else it manages one in `dataDirectory`. `headers` go with each call. */
export async function startLull({
  settings = {}, env = {}, redis, dataDirectory, pathBase = '', headers, port, cwd, through, stdout,
} = {}) {
  const bound = port ?? await freePort();
  const data = dataDirectory ?? temporaryDirectory('data');
  const store = redis
    ? { 'Redis:ConnectionString': redis.connectionString }
    : { 'Redis:DataDirectory': data };
  const lull = spawnLull({
    settings: { Urls: `http://127.0.0.1:${bound}`, ...(pathBase && { PathBase: pathBase }), ...store, ...quick, ...settings },
    // Production refuses an External Redis without an encryption key.
    env: { ...(redis && { DOTNET_ENVIRONMENT: 'Test' }), ...env },
    cwd,
    through,
    stdout,
  });
  lull.at(`http://127.0.0.1:${bound}`, pathBase, headers);
  lull.dataDirectory = data;
  await lull.ready();
  return lull;
}

class Lull {
  stdout = '';
  output = '';

  constructor(child) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text) => { this.stdout += text; this.output += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { this.output += text; });
    this.exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    this.exited.then((how) => { this.ended = how; });
  }

  at(origin, pathBase, headers) {
    this.origin = origin;
    this.port = Number(new URL(origin).port);
    this.pathBase = pathBase;
    this.api = client(`${origin}${pathBase}/api/v1`, headers);
    Object.assign(this, { get: this.api.get, post: this.api.post, put: this.api.put, patch: this.api.patch });
    this.delete = this.api.delete;
  }

  async ready(timeout = 15_000) {
    await waitFor('the service is ready', async () => {
      if (this.ended) return true;
      return (await this.outside('/healthz/ready')).status === 200;
    }, { timeout }).catch((error) => { throw new Error(`${error.message}\n${this.output}`); });
    if (this.ended) throw new Error(`the service ended with ${JSON.stringify(this.ended)}:\n${this.output}`);
  }

  /** A call outside the base path, such as `/metrics`. */
  outside(path, options) {
    return request('GET', this.origin + path, options);
  }

  /** The log so far, one object per JSON line. */
  get log() {
    return this.stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  metrics() {
    return metricsOf(this.origin);
  }

  /** Waits until no window is open and nothing waits, runs or is leased: from here on no notification can come. */
  drained(timeout = 10_000) {
    return waitFor('windows and queues are empty', async () => {
      const metrics = await this.metrics();
      const open = metrics.value('lull_fleet_windows_open');
      const pending = metrics.value('lull_fleet_notifications_pending');
      return open === 0 && pending === 0;
    }, { timeout });
  }

  async kill9() {
    this.child.kill('SIGKILL');
    await within(5_000, 'the killed service ends', this.exited);
  }

  /** Sends SIGTERM and waits for the end. @returns {{code, signal, ms}} */
  async terminate(timeout = 30_000) {
    const began = Date.now();
    this.child.kill('SIGTERM');
    const how = await within(timeout, `the service ends on SIGTERM; log:\n${this.output.slice(-2000)}`, this.exited);
    return { ...how, ms: Date.now() - began };
  }
}
