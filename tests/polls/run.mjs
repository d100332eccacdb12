// Measures a service without, with and after very many calls that wait. See tests/prove/polls.
import { fork } from 'node:child_process';
import http from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { track } from '../e2e/support/cleanup.mjs';
import { expectStatus } from '../e2e/support/expect.mjs';
import { startLull } from '../e2e/support/lull.mjs';
import { waitFor } from '../e2e/support/wait.mjs';
import { Wire } from './wire.mjs';

const { polls, flood } = Object.fromEntries(Object.entries(parseArgs({
  options: { polls: { type: 'string', default: '10000' }, flood: { type: 'string', default: '20000' } },
}).values).map(([name, value]) => [name, Number(value)]));
const livelyBoxes = Math.min(200, Math.floor(polls / 2));
const stillBoxes = 100;
const redisPool = 16; // connections that are opened when they are needed, and stay
const wakesPerSecond = 100;
const seconds = 20; // of each measurement

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const percentile = (values, p) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))] ?? NaN;
const statusOf = (pid, key) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
// Without pages of files: how much of the binary is in memory is the system's affair.
const memoryOf = (pid) => statusOf(pid, 'RssAnon') / 1024;
const openOf = (pid) => readdirSync(`/proc/${pid}/fd`).length;
/** Seconds of processor time so far: fields 14 and 15 of proc(5), in hundredths. */
function timeOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const lull = await startLull({
  // What is freed leaves the process at once, so that the memory of those who wait can be told from what is left of the
  // threads that read their requests.
  env: { MALLOC_CONF: 'dirty_decay_ms:0,muzzy_decay_ms:0' },
  settings: { 'Mailboxes:MaxWaiting': `${polls}`, 'Debouncing:Interval': '00:00:00', 'Logging:LogLevel:Default': 'Warning' },
});
const redis = Number(readFileSync(join(lull.dataDirectory, 'redis.pid'), 'utf8'));
const pid = lull.child.pid;
const waiting = async () => (await lull.metrics()).value('lull_mailbox_polls_waiting');
const looks = { timeout: 120_000, interval: 500 };

async function mailbox(name, scope) {
  const { id } = expectStatus(await lull.post('/mailboxes', { name }), 201);
  expectStatus(await lull.put(`/mailboxes/${id}/subscriptions/AssetChanged?scope=${scope}`), 204);
  return id;
}
const still = [];
for (let i = 0; i < stillBoxes; i += 1) still.push(await mailbox(`still ${i}`, `still-${i}`));
const lively = [];
for (let i = 0; i < livelyBoxes; i += 1) lively.push(await mailbox(`lively ${i}`, `${i}`));
const clients = track(fork(new URL('clients.mjs', import.meta.url), [JSON.stringify({ port: lull.port, still, lively })]));
const have = (command, given = {}) => new Promise((resolve, reject) => {
  clients.once('message', ({ result }) => resolve(result)).once('exit', () => reject(new Error('the clients ended')));
  clients.send({ command, ...given });
});

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const call = (method, path, body) => new Promise((resolve) => {
  const began = performance.now();
  const headers = { 'Content-Type': 'application/json' };
  http.request({ host: '127.0.0.1', port: lull.port, method, path: `/api/v1${path}`, headers: body ? headers : {}, agent }, (reply) => {
    reply.resume().on('end', () => resolve({ status: reply.statusCode, ms: performance.now() - began }));
  }).on('error', () => resolve({ status: 0, ms: performance.now() - began })).end(body);
});

/** Reads and publications beside what runs, and the processor time of both processes meanwhile. */
async function measure(beside = Promise.resolve()) {
  const before = [timeOf(pid), timeOf(redis), performance.now()];
  const taken = { read: [], publish: [], failed: 0 };
  const end = performance.now() + seconds * 1_000;
  for (let i = 0; performance.now() < end; i += 1) {
    const publishing = i % 2 === 1;
    const { status, ms } = publishing
      ? await call('POST', '/events', JSON.stringify({ type: 'MetafieldCreated', itemId: i, baseId: 1 }))
      : await call('GET', `/endpoints/${still[i % still.length]}`);
    taken[publishing ? 'publish' : 'read'].push(ms);
    if (status !== (publishing ? 202 : 200)) taken.failed += 1;
    await pause(5);
  }
  const result = await beside;
  const span = (performance.now() - before[2]) / 1_000;
  return { ...taken, result, lullCpu: (timeOf(pid) - before[0]) / span, redisCpu: (timeOf(redis) - before[1]) / span };
}
/** The processor time of both processes while nobody calls but those who wait. */
async function rest() {
  const before = [timeOf(pid), timeOf(redis)];
  await pause(seconds * 1_000);
  return { lullCpu: (timeOf(pid) - before[0]) / seconds, redisCpu: (timeOf(redis) - before[1]) / seconds };
}
/** What the process holds once the threads have ended that were needed for a moment: they do after ten seconds. */
async function state() {
  for (let i = 0; i < 2; i += 1) {
    await pause(11_000);
    expectStatus(await lull.get(`/endpoints/${still[0]}`), 200);
  }
  return { memory: memoryOf(pid), redis: memoryOf(redis), open: openOf(pid), threads: statusOf(pid, 'Threads') };
}
async function openAll() {
  await have('open', { polls });
  await waitFor('all wait', async () => await waiting() === polls, { ...looks, timeout: 300_000 });
}
async function closeAll() {
  const counts = await have('close');
  await waitFor('nobody waits', async () => await waiting() === 0, looks);
  return counts;
}

// What the first of anything leaves for ever (pools, caches) is not what those cost who wait.
await openAll();
await closeAll();
const without = { ...await state(), calls: await measure(), still: await rest() };
await openAll();
const beyond = new Wire(lull.port);
const refused = await beyond.call('GET', `/mailboxes/${still[0]}/messages?wait=5`);
beyond.destroy();
const withThem = { ...await state(), calls: await measure(), still: await rest() };
const woken = await measure(have('wake', { perSecond: wakesPerSecond, seconds }));
const counts = await closeAll();
const closed = await state();
await have('flood', { connections: flood });
await waitFor('nobody waits after the flood', async () => await waiting() === 0, looks);
await waitFor('their descriptors are back', () => openOf(pid) <= closed.open + 4, looks).catch(() => {});
const after = { ...await state(), calls: await measure() };

const row = (...cells) => console.log(cells.map((cell, i) => String(cell).padEnd(i === 0 ? 42 : 16)).join(''));
const ms = (values) => `${percentile(values, 0.5).toFixed(1)}/${percentile(values, 0.99).toFixed(1)}`;
const cores = ({ lullCpu, redisCpu }) => `${(lullCpu * 100).toFixed(1)}/${(redisCpu * 100).toFixed(1)} %`;
row('', 'without', `${polls} wait`, `${wakesPerSecond}/s are woken`, 'after');
row('ms of a read: median/p99', ...[without.calls, withThem.calls, woken, after.calls].map((each) => ms(each.read)));
row('ms of a publication: median/p99', ...[without.calls, withThem.calls, woken, after.calls].map((each) => ms(each.publish)));
row('CPU with these calls: service/redis-server', ...[without.calls, withThem.calls, woken, after.calls].map(cores));
row('CPU without them', cores(without.still), cores(withThem.still));
row('memory of the service (RssAnon), MiB', ...[without, withThem].map((each) => each.memory.toFixed(1)), '', after.memory.toFixed(1));
row('memory of redis-server, MiB', ...[without, withThem].map((each) => each.redis.toFixed(1)), '', after.redis.toFixed(1));
row('descriptors, threads', ...[without, withThem].map((each) => `${each.open}, ${each.threads}`), '', `${after.open}, ${after.threads}`);
const { latencies, missing } = woken.result;
console.log(`event sent → call answered, ${latencies.length} times: p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${percentile(latencies, 0.99).toFixed(1)} ms, most ${Math.max(...latencies).toFixed(0)} ms; `
  + `the call beyond: ${refused.status}, Retry-After ${refused.headers['retry-after']}; ${JSON.stringify(counts)}`);

const worse = (kind) => percentile(withThem.calls[kind], 0.99) / percentile(without.calls[kind], 0.99);
const perPoll = (withThem.memory - without.memory) * 1024 / polls;
const promises = [
  [`memory of each that waits: ${perPoll.toFixed(2)} KiB, at most 2`, perPoll <= 2],
  ['threads as without them', withThem.threads <= without.threads + 4],
  [`p99 of a read ${worse('read').toFixed(1)}, of a publication ${worse('publish').toFixed(1)} times that without them: at most 2`, worse('read') <= 2 && worse('publish') <= 2],
  ['waking within 50 ms (p99)', latencies.length > 0 && missing === 0 && percentile(latencies, 0.99) <= 50],
  ['every message was received, nothing unexpected', Object.keys(counts).every((what) => what === 'received' || what === 'turned away') && counts.received === wakesPerSecond * seconds],
  ['one beyond Mailboxes:MaxWaiting is 503 with Retry-After', refused.status === 503 && Number(refused.headers['retry-after']) > 0],
  ['no other call failed', [without, withThem, after].every((each) => each.calls.failed === 0) && woken.failed === 0],
  [`descriptors are back (${without.open} before, ${closed.open} when all vanished, ${after.open} after the flood)`, closed.open <= without.open + redisPool && after.open <= closed.open + 4],
  [`no memory is lost (${closed.memory.toFixed(1)} MiB before the flood, ${after.memory.toFixed(1)} after)`, after.memory <= closed.memory + 5],
];
for (const [promise, kept] of promises) row(kept ? 'ok' : 'BROKEN', promise);
process.exit(promises.every(([, kept]) => kept) ? 0 : 1);
