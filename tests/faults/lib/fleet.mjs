// N instances of the real binary, each behind a proxy of its own on the same Redis.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { track } from '../../e2e/support/cleanup.mjs';
import { client, request } from '../../e2e/support/http.mjs';
import { freePort } from '../../e2e/support/redis.mjs';
import { waitFor, within } from '../../e2e/support/wait.mjs';
import { now } from './ledger.mjs';
import { Proxy } from './proxy.mjs';

/** The times that the harness runs Lull with, in ms; the checker gets them through the ledger. */
export const times = { interval: 200, maxWait: 1200, timeout: 1500, longestTimeout: 4000, margin: 1500, retries: [300, 600, 1200] };

export const span = (ms) => `00:00:${String(Math.floor(ms / 1000)).padStart(2, '0')}.${String(ms % 1000).padStart(3, '0')}`;

function settingsOf(port, proxyPort, shutdown) {
  return {
    Urls: `http://127.0.0.1:${port}`,
    'Redis:ConnectionString': `127.0.0.1:${proxyPort},syncTimeout=2000`,
    'Debouncing:Interval': span(times.interval),
    'Debouncing:MaxWait': span(times.maxWait),
    'Delivery:Timeout': span(times.timeout),
    'Delivery:LeaseMargin': span(times.margin),
    'Delivery:Retry:Schedule': times.retries.map(span).join(','),
    'Delivery:CircuitBreaker:Failures': 5,
    'Delivery:CircuitBreaker:Probe': span(400),
    'Delivery:CircuitBreaker:MaxProbe': span(800),
    'Delivery:MaxConcurrencyPerEndpoint': 8,
    'Egress:AllowedNetworks': '127.0.0.0/8',
    'Egress:AllowedPorts': '1-65535',
    'Shutdown:Deadline': span(shutdown),
  };
}

export class Instance {
  state = 'down'; // down | up | stopped
  busy = false; // some fault has it in hand
  starts = 0;

  constructor({ index, binary, directory, redisPort, scripts, ledger, extra }) {
    Object.assign(this, { index, binary, directory: join(directory, `lull-${index}`), ledger, extra });
    this.proxy = new Proxy(redisPort, scripts);
    mkdirSync(this.directory, { recursive: true });
  }

  async prepare() {
    await this.proxy.start();
    this.port = await freePort();
    this.origin = `http://127.0.0.1:${this.port}`;
    this.api = client(`${this.origin}/api/v1`);
  }

  spawn() {
    const settings = { ...settingsOf(this.port, this.proxy.port, 8_000), ...this.extra };
    const args = Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
    const { PATH, LANG, LULL_DEFECT } = process.env;
    const env = { PATH, LANG: LANG ?? 'C', HOME: this.directory, DOTNET_ENVIRONMENT: 'Development', ...(LULL_DEFECT && { LULL_DEFECT }) };
    const child = track(spawn(this.binary, args, { cwd: this.directory, env, stdio: ['ignore', 'pipe', 'pipe'] }));
    const log = createWriteStream(join(this.directory, 'log.jsonl'), { flags: 'a' });
    // Either stream may end first; the log ends when both have.
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('close', () => log.end());
    this.child = child;
    this.starts += 1;
    this.state = 'up';
    this.ending = undefined;
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    this.exited.then(({ code, signal }) => {
      if (this.child !== child) return;
      this.state = 'down';
      if (this.ending && (this.ending !== 'SIGTERM' || code === 0)) return;
      // At start it may find no Redis, and then says so and ends: whoever runs it starts it again.
      const early = code === 1 && now() - born < 10_000 && !this.wasReady;
      this.ledger.write('faults', { kind: early ? 'start-refused' : 'ended-by-itself', instance: this.index, at: now(), code, signal, ending: this.ending });
    });
    const born = now();
    this.wasReady = false;
  }

  async ready(timeout = 20_000) {
    await waitFor(`instance ${this.index} is ready`, async () => {
      if (this.state === 'down') this.spawn();
      return (await request('GET', `${this.origin}/healthz/ready`, { timeout: 5_000 })).status === 200;
    }, { timeout, interval: 50 });
    this.wasReady = true;
  }

  async kill9() {
    this.ending ??= 'SIGKILL';
    this.child.kill('SIGKILL');
    await within(5_000, 'the killed instance ends', this.exited);
  }

  async terminate() {
    this.ending ??= 'SIGTERM';
    this.child.kill('SIGTERM');
    return within(20_000, 'the instance ends on SIGTERM', this.exited);
  }

  freeze() { this.state = 'stopped'; this.child.kill('SIGSTOP'); }
  thaw() { this.state = 'up'; this.child.kill('SIGCONT'); }

  /** Whether this instance is the peer of a connection that comes from local port `port`. */
  owns(port) {
    const inode = inodeOfPort(port);
    if (!inode) return false;
    try {
      return readdirSync(`/proc/${this.child.pid}/fd`).some((fd) => {
        try { return readlinkSync(`/proc/${this.child.pid}/fd/${fd}`) === `socket:[${inode}]`; } catch { return false; }
      });
    } catch {
      return false;
    }
  }
}

function inodeOfPort(port) {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const line = readFileSync('/proc/net/tcp', 'latin1').split('\n').find((row) => row.trim().split(/\s+/)[1] === local);
  return line?.trim().split(/\s+/)[9];
}
