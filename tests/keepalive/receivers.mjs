// Receivers that close a kept connection after 5 s: each has `url` and `ids()`, the webhook-id of every request it read.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

import { defer, temporaryDirectory, track } from '../e2e/support/cleanup.mjs';
import { request } from '../e2e/support/http.mjs';
import { freePort } from '../e2e/support/redis.mjs';
import { waitFor } from '../e2e/support/wait.mjs';

export async function startNode() {
  const ids = [];
  const server = createServer({ keepAliveTimeout: 5_000 }, (incoming, reply) => {
    ids.push(incoming.headers['webhook-id']);
    incoming.resume().on('end', () => reply.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  defer(() => server.close());
  return { name: 'Node', url: `http://127.0.0.1:${server.address().port}/hook`, ids: async () => ids };
}

export async function startPython() {
  const script = fileURLToPath(new URL('receiver.py', import.meta.url));
  const child = track(spawn('python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const [port] = await once(createInterface(child.stdout), 'line');
  const url = `http://127.0.0.1:${port}/hook`;
  return { name: 'Python', url, ids: async () => JSON.parse((await request('GET', url)).text) };
}

export async function startNginx() {
  const directory = temporaryDirectory('nginx');
  const port = await freePort();
  mkdirSync(join(directory, 'tmp'));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${directory}/tmp/${kind};`).join('\n');
  writeFileSync(join(directory, 'nginx.conf'), `daemon off;
pid ${directory}/pid;
error_log ${directory}/error.log;
events { worker_connections 1024; }
http {
${paths}
  log_format id '$http_webhook_id';
  access_log ${directory}/access.log id;
  keepalive_timeout 5s;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port} backlog=512;
    location / { return 200; }
  }
}
`);
  const child = spawn(process.env.NGINX ?? 'nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'inherit'] });
  await Promise.race([once(child, 'spawn'), once(child, 'error').then(() => { throw new Error('this needs nginx (Debian: nginx-light), or NGINX=<path>'); })]);
  track(child);
  const url = `http://127.0.0.1:${port}/hook`;
  await waitFor('nginx listens', () => request('GET', `http://127.0.0.1:${port}/ready`).then(() => true, () => false));
  const ids = async () => readFileSync(join(directory, 'access.log'), 'utf8').split('\n').filter((line) => line.startsWith('msg_'));
  return { name: 'nginx', url, ids };
}
