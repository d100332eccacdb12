import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';

import { Child, freePort, sleep, until } from '../child.mjs';
import { call } from '../http.mjs';
import { RedisServer } from '../redis.mjs';

/** Seconds as a TimeSpan of the settings. */
function timeSpan(seconds) {
  const two = (value) => String(Math.floor(value)).padStart(2, '0');
  const fraction = Math.round((seconds % 1) * 1000);
  const text = `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(3, '0')}`;
}

/** Ends the redis-server of `dataDirectory` if a Lull that was killed has left it behind. */
function endLeftOverRedis(dataDirectory) {
  try {
    const pid = Number(readFileSync(path.join(dataDirectory, 'redis.pid'), 'utf8'));
    // The number may be another process's by now; the working directory tells.
    if (pid > 0 && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDirectory)) {
      process.kill(pid, 'SIGKILL');
    }
  } catch {
    // It has ended, as it should.
  }
}

/** `instances` Lull processes on one external Redis, or with `managed` one that has its private one. */
export class Lull {
  #context;
  #settings;

  static async start(context, { fsync, instances = 1, managed = false, ...settings }) {
    const lull = new Lull();
    lull.#context = context;
    lull.#settings = settings;
    lull.services = [];
    lull.ports = [];
    lull.directory = mkdtempSync(path.join(context.workDir, 'lull-'));
    context.onCleanup(() => lull.stop());
    if (!managed) {
      lull.redis = new RedisServer(context.workDir, { fsync });
      await lull.redis.ready();
    }
    for (let i = 0; i < instances; ++i) {
      lull.ports.push(await freePort());
      await lull.launch(i);
    }
    return lull;
  }

  /** Starts instance `i`, also again after it was killed, and returns once it is ready. */
  async launch(i) {
    const directory = path.join(this.directory, String(i));
    mkdirSync(directory, { recursive: true });
    this.services[i] = new Child('lull', this.#context.lull, this.#command(i, directory), {
      log: this.#context.logFile('lull'),
      cwd: directory,
      // Production would want an encryption key, which costs nothing while events flow.
      env: { DOTNET_ENVIRONMENT: 'Bench' },
    });
    await until('Lull is ready', async () => {
      this.services[i].assertAlive();
      return fetch(`http://127.0.0.1:${this.ports[i]}/healthz/ready`).then((reply) => reply.ok, () => false);
    });
  }

  #command(i, directory) {
    const { intervalSeconds = 3600, transport, concurrency = 64, settings = [] } = this.#settings;
    const args = ['serve', `--contentRoot=${directory}`, `--Urls=http://127.0.0.1:${this.ports[i]}`];
    if (this.redis) {
      args.push(`--Redis:ConnectionString=unix:${this.redis.socket}`);
    } else {
      args.push(`--Redis:DataDirectory=${this.#dataDirectory}`);
    }
    args.push(`--Debouncing:Interval=${timeSpan(intervalSeconds)}`);
    args.push('--Authentication:Mode=None', '--Logging:LogLevel:Default=Warning');
    if (transport) args.push(`--Delivery:Transport=${transport}`);
    args.push('--Egress:AllowedNetworks=127.0.0.0/8', '--Egress:AllowedPorts=1-65535');
    args.push(`--Delivery:MaxConcurrencyPerEndpoint=${concurrency}`, ...settings);
    return args;
  }

  get #dataDirectory() {
    return path.join(this.directory, 'data');
  }

  get targets() {
    return this.ports.map((port) => `127.0.0.1:${port}`);
  }

  /** A figure that instance `i` tells of itself, summed over its labels; undefined when this build has none of that name. */
  async metric(name, i = 0) {
    const text = await (await fetch(`http://127.0.0.1:${this.ports[i]}/metrics`)).text();
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'))];
    return values.length === 0 ? undefined : values.reduce((sum, [, value]) => sum + Number(value), 0);
  }

  api(method, pathname, ...rest) {
    return call(method, `http://127.0.0.1:${this.ports[0]}/api/v1${pathname}`, ...rest);
  }

  /** `more`: further properties of the registration. */
  async addEndpoint(url, changeTypes = 15, more = {}) {
    const { id } = await this.api('POST', '/endpoints', { name: url, url, changeTypes, ...more });
    this.endpointIds = [...(this.endpointIds ?? []), id];
    return id;
  }

  async flush() {
    await this.api('POST', '/windows/flush', {});
  }

  async pause() {
    await this.#enable(false);
  }

  async resume() {
    await this.#enable(true);
  }

  async #enable(enabled) {
    for (const id of this.endpointIds) {
      await this.api('PATCH', `/endpoints/${id}`, { enabled }, 'application/merge-patch+json');
    }
  }

  /** Waits until every window has become messages of the (paused) endpoints. */
  async windowsFired() {
    await until('all windows have fired', async () => (await this.api('GET', '/stats')).windowsOpen === 0, {
      timeoutMs: 900_000,
      everyMs: 100,
    });
    await sleep(200);
  }

  /** Waits until `count` messages are queued for the (paused) endpoints, and nothing is on its way to them. */
  async queued(count) {
    await until(`${count} messages are queued`, async () => (await this.api('GET', '/stats')).totals.queueDepth === count, {
      timeoutMs: 900_000,
      everyMs: 100,
    });
  }

  async stop() {
    await Promise.all(this.services.map((service) => service.stop()));
    await this.redis?.stop();
    endLeftOverRedis(this.#dataDirectory);
  }
}
