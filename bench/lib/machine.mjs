import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

function output(command, args, options = {}) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], ...options }).trim();
  } catch {
    return 'unknown';
  }
}

/** What the figures were measured on and with. */
export function describeMachine({ root, build }) {
  const lock = path.join(root, 'bench/peers/bullmq/package-lock.json');
  const packages = existsSync(lock) ? JSON.parse(readFileSync(lock, 'utf8')).packages : {};
  const peer = ['bullmq', 'ioredis', 'undici', 'fastify'].map((name) => [name, packages[`node_modules/${name}`]?.version]);
  const cache = path.join(build, 'CMakeCache.txt');
  const buildType = existsSync(cache) ? /CMAKE_BUILD_TYPE:\w+=(\w*)/.exec(readFileSync(cache, 'utf8'))?.[1] : 'unknown';
  return {
    at: new Date().toISOString(),
    cpu: `${os.cpus().length} x ${os.cpus()[0].model}`,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    loadAverageAtStart: os.loadavg().map((value) => Number(value.toFixed(2))),
    commit: output('git', ['describe', '--always', '--dirty'], { cwd: root }),
    buildType,
    node: process.version,
    redis: /v=(\S+)/.exec(output('redis-server', ['--version']))?.[1] ?? 'unknown',
    peer: Object.fromEntries(peer),
  };
}
