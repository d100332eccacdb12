// The lag of a healthy endpoint, alone and beside endpoints whose names the name server says nothing about (I7: at most
// twice as much, or 20 ms more). Usage: tests/hanging_names/run.mjs [--names 1300]; as root, Linux.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { defer, suite, temporaryDirectory } from '../e2e/support/cleanup.mjs';
import { startLull } from '../e2e/support/lull.mjs';
import { assetChanged, publish, register } from '../e2e/support/scenario.mjs';
import { startSink } from '../e2e/support/sink.mjs';
import { waitFor } from '../e2e/support/wait.mjs';
import { startNameServer } from './name_server.mjs';

const { values } = parseArgs({ options: { names: { type: 'string', default: '1300' } } });
const names = Number(values.names);
const kNameServer = '127.0.0.9';
const kAssets = 1;
const kMetafields = 2;
const kHealthyEvents = 2_000;
const kEveryMs = 10;
const kHangingItems = 10;
const kKeptMs = 11_000; // an address is kept for 10 s

/** A command that runs another one with a resolv.conf of its own. */
function withNameServer() {
  const file = join(temporaryDirectory('resolv'), 'resolv.conf');
  writeFileSync(file, `nameserver ${kNameServer}\n`);
  return ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', file];
}

/** The p99 of the time from publishing to arrival, of items that are sent one by one at a steady rate. */
async function lagOf(lull, sink, firstItem) {
  const sentAt = new Map();
  const began = performance.now();
  const pending = [];
  for (let i = 0; i < kHealthyEvents; ++i) {
    await sleep(Math.max(0, began + i * kEveryMs - performance.now()));
    sentAt.set(firstItem + i, Date.now());
    pending.push(publish(lull, [assetChanged(firstItem + i)]));
  }
  await Promise.all(pending);
  const arrived = await waitFor('all of the healthy endpoint', () => {
    const seen = sink.requests.filter(({ body }) => JSON.parse(body).Data.ItemId >= firstItem);
    return seen.length >= kHealthyEvents ? seen : undefined;
  }, { timeout: 60_000 });
  const lags = arrived.map(({ at, body }) => at - sentAt.get(JSON.parse(body).Data.ItemId)).sort((a, b) => a - b);
  return lags[Math.floor(lags.length * 0.99)];
}

async function run() {
  const server = await startNameServer(kNameServer);
  defer(() => server.close());
  const healthy = await startSink();
  const lull = await startLull({
    settings: { 'Debouncing:Interval': '00:00:00', 'Delivery:Timeout': '00:00:15' },
    through: withNameServer(),
    dataDirectory: mkdtempSync('/dev/shm/lull-'), // the disk is not what is measured
  });
  defer(() => rmSync(lull.dataDirectory, { recursive: true }));
  await register(lull, healthy.url, { changeTypes: kAssets });
  const alone = await lagOf(lull, healthy, 1);
  for (let i = 0; i < names; ++i) {
    await register(lull, `http://hook-${i}.example.test:${healthy.port}/`, { changeTypes: kMetafields, timeout: '00:00:15' });
  }
  server.silent = true;
  await sleep(kKeptMs);
  const questions = server.questions;
  for (let i = 1; i <= kHangingItems; ++i) await publish(lull, [{ type: 'MetafieldCreated', itemId: i, baseId: 1 }]);
  // An attempt of each hangs: from here on it is they that may hold others up, and not the making of their messages.
  await waitFor('an attempt of each hangs', async () => (await lull.metrics()).value('lull_in_flight') >= names, { timeout: 20_000 });
  const beside = await lagOf(lull, healthy, 100_000); // their time-outs, retries and breakers fall into it
  assert.ok(server.questions - questions >= names, 'every name was asked for');
  const most = Math.max(2 * alone, alone + 20);
  const unanswered = server.questions - questions;
  console.log(`p99 of the healthy endpoint: ${alone} ms alone, ${beside} ms beside ${names} hanging names (at most ${most}); ${unanswered} questions unanswered`);
  assert.ok(beside <= most);
}

suite('hanging_names', () => {
  it('a healthy endpoint is as fast beside names that hang', { timeout: 600_000 }, run);
});
