import { mkdirSync } from 'node:fs';
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

/** `instances` Lull processes on one external Redis. */
export class Lull {
  static async start(context, { fsync, intervalSeconds = 3600, instances = 1, transport, concurrency = 64, settings = [] }) {
    const lull = new Lull();
    lull.services = [];
    lull.redis = new RedisServer(context.workDir, { fsync });
    context.onCleanup(() => lull.stop());
    await lull.redis.ready();
    for (let i = 0; i < instances; ++i) {
      const port = await freePort();
      const directory = path.join(lull.redis.directory, `lull-${i}`);
      mkdirSync(directory);
      const args = ['serve', `--contentRoot=${directory}`, `--Urls=http://127.0.0.1:${port}`];
      args.push(`--Redis:ConnectionString=unix:${lull.redis.socket}`, `--Debouncing:Interval=${timeSpan(intervalSeconds)}`);
      args.push('--Authentication:Mode=None', '--Logging:LogLevel:Default=Warning');
      if (transport) args.push(`--Delivery:Transport=${transport}`);
      args.push('--Egress:AllowedNetworks=127.0.0.0/8', '--Egress:AllowedPorts=1-65535');
      args.push(`--Delivery:MaxConcurrencyPerEndpoint=${concurrency}`, ...settings);
      lull.services.push(
        new Child('lull', context.lull, args, {
          log: context.logFile('lull'),
          cwd: directory,
          // Production would want an encryption key, which costs nothing while events flow.
          env: { DOTNET_ENVIRONMENT: 'Bench' },
        }),
      );
      lull.ports = [...(lull.ports ?? []), port];
      await until('Lull is ready', async () => {
        lull.services[i].assertAlive();
        return fetch(`http://127.0.0.1:${port}/healthz/ready`).then((reply) => reply.ok, () => false);
      });
    }
    return lull;
  }

  get targets() {
    return this.ports.map((port) => `127.0.0.1:${port}`);
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
    await this.redis.stop();
  }
}
