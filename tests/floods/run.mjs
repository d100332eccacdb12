// Measures a service in quiet, under all floods at once, and after them. See tests/prove/floods.
import { createHash } from 'node:crypto';
import { fork } from 'node:child_process';
import dgram from 'node:dgram';
import http from 'node:http';
import { createServer } from 'node:net';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defer, temporaryDirectory, track } from '../e2e/support/cleanup.mjs';
import { startLull } from '../e2e/support/lull.mjs';
import { waitFor } from '../e2e/support/wait.mjs';

const { seconds } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } }).values;
const descriptors = 1_024;
const mostMemory = 512; // MiB
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const keys = { publisher: 'publisher-key', crud: 'crud-key' };
const settings = {
  'Authentication:Mode': 'ApiKey',
  'Authentication:ApiKeys:0:Name': 'publisher', 'Authentication:ApiKeys:0:Sha256': sha256(keys.publisher),
  'Authentication:ApiKeys:0:Roles': 'Integration_Events_Publish',
  'Authentication:ApiKeys:1:Name': 'crud', 'Authentication:ApiKeys:1:Sha256': sha256(keys.crud),
  'Authentication:ApiKeys:1:Roles': 'Integration_Endpoints_CRUD',
  'Debouncing:Interval': '00:00:00', 'Delivery:Timeout': '00:00:15',
};

/** A process whose name servers never answer: only root may give it an /etc/resolv.conf of its own. */
async function silentNames() {
  if (process.getuid() !== 0) return [];
  const socket = dgram.createSocket('udp4').on('error', () => {});
  const bound = await new Promise((resolve) => {
    socket.once('error', () => resolve(false)).bind(53, '127.53.53.53', () => resolve(true));
  });
  if (!bound) return [];
  defer(() => socket.close());
  const file = join(temporaryDirectory('names'), 'resolv.conf');
  writeFileSync(file, 'nameserver 127.53.53.53\n');
  return ['unshare', '-m', 'sh', '-c', `mount --bind ${file} /etc/resolv.conf && exec "$@"`, 'sh'];
}

const percentile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))] ?? NaN;
const memoryOf = (pid) => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const openOf = (pid) => readdirSync(`/proc/${pid}/fd`).length;

/** Looks at the open descriptors of the processes all the time. @returns by pid, the most that were seen so far. */
function watchDescriptors(pids) {
  const most = Object.fromEntries(pids.map((pid) => [pid, 0]));
  const timer = setInterval(() => { for (const pid of pids) most[pid] = Math.max(most[pid], openOf(pid)); }, 50);
  defer(() => clearInterval(timer));
  return most;
}

async function listen(server) {
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  defer(() => { server.closeAllConnections?.(); return server.close(); });
  return `http://127.0.0.1:${server.address().port}`;
}

const arrived = new Map(); // item → when its notification came
const receiver = await listen(http.createServer((incoming, reply) => {
  let body = '';
  incoming.on('data', (part) => { body += part; }).on('end', () => {
    arrived.set(JSON.parse(body).Data.ItemId, performance.now());
    reply.end();
  });
}));
const silence = await listen(createServer((socket) => socket.on('error', () => {}).resume()));

const names = await silentNames();
const lull = await startLull({ settings, through: [...names, 'prlimit', `--nofile=${descriptors}:${descriptors}`] });
const crud = { Authorization: `Bearer ${keys.crud}` };
const registered = async (url, changeTypes) => (await lull.post('/endpoints', { name: 'one', url, changeTypes }, crud)).json.id;
await registered(receiver, 1);
const silent = [];
for (let i = 0; i < 8; i += 1) silent.push(await registered(silence, 8));

const redis = Number(readFileSync(join(lull.dataDirectory, 'redis.pid'), 'utf8'));
const open = watchDescriptors([lull.child.pid, redis]);

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let item = 0;

/** One call and how long it took. A connection that the service closed while it was idle is opened again, as clients do. */
async function timed(into, method, path, headers, body, over) {
  const began = performance.now();
  const once = () => new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port: lull.port, method, path, headers, agent: over, timeout: 5_000 }, (reply) => {
      reply.resume().on('end', () => resolve(reply.statusCode));
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve(request.reusedSocket ? 'again' : 0)).end(body);
  });
  let status = await once();
  if (status === 'again') status = await once();
  into.times.push(performance.now() - began);
  if (status >= 300 || status === 0) into.failed.push(status);
}

/** Probes on new connections, a known publisher, and how long its events take to the receiver. */
async function measure(forMs) {
  const end = performance.now() + forMs;
  const kinds = Object.fromEntries(['live', 'publish', 'delivery'].map((kind) => [kind, { times: [], failed: [] }]));
  const sent = new Map();
  const loop = async (act) => { while (performance.now() < end) { await act(); await pause(20); } };
  await Promise.all([
    loop(() => timed(kinds.live, 'GET', '/healthz/live', {}, undefined, false)),
    loop(async () => {
      item += 1;
      sent.set(item, performance.now());
      await timed(kinds.publish, 'POST', '/api/v1/events', { Authorization: `Bearer ${keys.publisher}`, 'Content-Type': 'application/json' },
        JSON.stringify({ type: 'AssetCreated', itemId: item, baseId: 1 }), agent);
    }),
  ]);
  await waitFor('all are delivered', () => [...sent.keys()].every((each) => arrived.has(each)), { timeout: 10_000 }).catch(() => {});
  for (const [each, at] of sent) {
    if (arrived.has(each)) kinds.delivery.times.push(arrived.get(each) - at);
    else kinds.delivery.failed.push('never');
  }
  return kinds;
}

const row = (...cells) => console.log(cells.map((cell, i) => String(cell).padEnd(i === 0 ? 34 : 14)).join(''));
const shown = (kind) => `${percentile(kind.times, 0.5).toFixed(1)}/${percentile(kind.times, 0.99).toFixed(1)}/${Math.max(...kind.times).toFixed(0)}`;

await measure(2_000); // warm
const quiet = await measure(10_000);
const child = track(fork(new URL('flood.mjs', import.meta.url), [JSON.stringify({ port: lull.port, crud: keys.crud, silent, names: names.length > 0 })]));
await new Promise((resolve) => { child.once('message', resolve); });
const flooded = await measure(Number(seconds) * 1_000);
const counts = await new Promise((resolve) => { child.once('message', resolve); child.send('counts'); });
child.kill('SIGKILL');
await pause(5_000);
const after = await measure(5_000);
const memory = { lull: memoryOf(lull.child.pid), redis: memoryOf(redis) };

row('ms: median/p99/most', 'quiet', 'flooded', '5 s after');
for (const kind of ['live', 'publish', 'delivery']) row(kind, ...[quiet, flooded, after].map((each) => shown(each[kind])));
row('failed', ...[quiet, flooded, after].map((each) => ['live', 'publish', 'delivery'].map((kind) => each[kind].failed.length).join('/')));
console.log(`names that hang: ${names.length > 0 ? 'yes' : 'no (needs root)'}; peaks: service ${memory.lull.toFixed(0)} MiB and `
  + `${open[lull.child.pid]} descriptors, redis-server ${memory.redis.toFixed(0)} MiB and ${open[redis]}`);
const failures = (phase) => ['live', 'publish', 'delivery'].flatMap((kind) => phase[kind].failed);
if (failures(flooded).length > 0) console.log('failed:', JSON.stringify(Object.fromEntries(Object.entries(flooded).map(([kind, { failed }]) => [kind, failed]))));
console.log(Object.entries(counts).sort().map(([what, times]) => `${what}: ${times}`).join('; '));

const p99 = (phase, kind) => percentile(phase[kind].times, 0.99);
const bound = (kind) => Math.max(2 * p99(quiet, kind), p99(quiet, kind) + 20);
const promises = [
  ['live below 1 s, always', Math.max(...flooded.live.times) < 1_000],
  ['p99 of a known publisher below 500 ms', p99(flooded, 'publish') < 500],
  [`p99 of healthy deliveries within ${bound('delivery').toFixed(0)} ms`, p99(flooded, 'delivery') <= bound('delivery')],
  ['no probe, event or delivery failed', failures(flooded).length === 0],
  ['all as before 5 s after', failures(after).length === 0 && p99(after, 'delivery') <= bound('delivery') && p99(after, 'publish') <= bound('publish')],
  [`at most ${mostMemory} MiB with the redis-server`, memory.lull + memory.redis <= mostMemory],
  [`fewer than ${descriptors} descriptors`, open[lull.child.pid] > 0 && open[lull.child.pid] < descriptors && open[redis] < descriptors],
  ['every flood was answered or closed', 
    ['idle closed', 'drip closed', 'test 429', ...(names.length > 0 ? ['registration 503'] : [])].every((what) => counts[what] > 0)],
];
for (const [promise, kept] of promises) row(kept ? 'ok' : 'BROKEN', promise);
process.exit(promises.every(([, kept]) => kept) ? 0 : 1);
