// 1,000 endpoints, of which 300 have refused everything, and 10 can be told of something at any time.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defer, track } from '../e2e/support/cleanup.mjs';
import { expectStatus } from '../e2e/support/expect.mjs';
import { startLull } from '../e2e/support/lull.mjs';
import { waitFor } from '../e2e/support/wait.mjs';

const groups = 300;
const endpoints = 1_000;
const lively = 10;
/** Types of the built-in catalogue: those that are refused, those of live events, and one of which nothing is published. */
const assets = { mask: 1, event: 'AssetCreated' };
const metafields = { mask: 2, event: 'MetafieldCreated' };
const quiet = 4;

async function startReceiver() {
  const child = track(fork(new URL('receiver.mjs', import.meta.url)));
  defer(() => child.kill());
  const [port] = await once(child, 'message');
  return `http://127.0.0.1:${port}`;
}

/** @returns the running service with `letters` dead letters; `live` publishes some events that are delivered. */
export async function startFleet(letters) {
  const receiver = await startReceiver();
  const lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:00.100', 'Logging:LogLevel:Default': 'Warning' } });
  lull.redisPid = Number(readFileSync(join(lull.dataDirectory, 'redis.pid'), 'utf8'));
  for (let index = 0; index < endpoints; index += 1) {
    const [path, changeTypes] = index < groups ? ['400', assets.mask] : index < groups + lively ? ['200', metafields.mask] : ['200', quiet];
    expectStatus(await lull.post('/endpoints', { name: `Receiver ${index + 1}`, url: `${receiver}/${path}/${index}`, changeTypes }), 201);
  }
  const each = Math.ceil(letters / groups);
  const events = Array.from({ length: each }, (_, index) => ({ type: assets.event, itemId: index + 1, baseId: 1 }));
  expectStatus(await lull.post('/events', events), 202);
  const overview = async () => expectStatus(await lull.get('/overview'), 200);
  await waitFor('every letter is there', async () => (await overview()).deadLetters === each * groups, { timeout: 900_000, interval: 1_000 });
  let item = 0;
  const live = async (count) => {
    const some = Array.from({ length: count }, () => ({ type: metafields.event, itemId: item += 1, baseId: 1 }));
    expectStatus(await lull.post('/events', some), 202);
  };
  return { lull, live, endpoints, letters: each * groups, groups };
}
