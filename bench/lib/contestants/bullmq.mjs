import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import { Child, freePort, sleep } from '../child.mjs';
import { call } from '../http.mjs';
import { RedisServer } from '../redis.mjs';

/** The peer of bench/peers/bullmq: an API process and a worker process. */
export class BullMq {
  static async start(context, { fsync, intervalSeconds = 3600, concurrency = 64, design = 'direct' }) {
    const peer = new BullMq();
    const directory = path.join(context.options.root, 'bench/peers/bullmq');
    install(directory);
    peer.services = [];
    peer.redis = new RedisServer(context.workDir, { fsync });
    context.onCleanup(() => peer.stop());
    await peer.redis.ready();
    peer.port = await freePort();
    for (const role of ['api', 'worker']) {
      const env = {
        NODE_ENV: 'production',
        PEER_ROLE: role,
        PEER_DESIGN: design,
        PEER_PORT: String(peer.port),
        PEER_REDIS_SOCKET: peer.redis.socket,
        PEER_INTERVAL_MS: String(intervalSeconds * 1000),
        PEER_CONCURRENCY: String(concurrency),
      };
      const child = new Child(`bullmq ${role}`, process.execPath, ['src/main.js'], {
        log: context.logFile(`bullmq-${role}`),
        cwd: directory,
        env,
        lines: true,
      });
      peer.services.push(child);
      await child.readLine(); // "ready"
    }
    return peer;
  }

  get targets() {
    return [`127.0.0.1:${this.port}`];
  }

  #api(pathname, body = {}) {
    return call('POST', `http://127.0.0.1:${this.port}${pathname}`, body);
  }

  async addEndpoint(url) {
    await this.#api('/api/v1/endpoints', { name: url, url, changeTypes: 15 });
    await sleep(5); // The other process learns of it by publish.
  }

  flush() {
    return this.#api('/api/v1/windows/flush');
  }

  async stop() {
    await Promise.all(this.services.map((service) => service.stop()));
    await this.redis.stop();
  }
}

function install(directory) {
  if (!existsSync(path.join(directory, 'node_modules/bullmq'))) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: directory, stdio: 'ignore' });
  }
}
