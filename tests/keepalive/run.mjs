// Bursts of notifications to receivers that close kept connections after 5 s, timed so that the next burst meets the
// closing. Usage: tests/keepalive/run.mjs [--notifications 20000]. Ends with 0 when no attempt failed and none repeated.
import { it } from 'node:test';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from '../e2e/support/cleanup.mjs';
import { startLull } from '../e2e/support/lull.mjs';
import { assetChanged, publish, register } from '../e2e/support/scenario.mjs';
import { startNginx, startNode, startPython } from './receivers.mjs';

const { values } = parseArgs({ options: { notifications: { type: 'string', default: '20000' } } });
const notifications = Number(values.notifications);
const kBurst = 500;
const kKeptMs = 5_000;
const kAroundMs = 60; // the burst begins so much before or after the receiver's time-out

async function run() {
  const receivers = await Promise.all([startNode(), startPython(), startNginx()]);
  const lull = await startLull({ settings: { 'Debouncing:Interval': '00:00:00', 'Delivery:Timeout': '00:00:15' } });
  for (const receiver of receivers) receiver.id = (await register(lull, receiver.url)).id;
  let item = 0;
  while (item < notifications) {
    const began = performance.now();
    const events = Array.from({ length: Math.min(kBurst, notifications - item) }, () => assetChanged(++item));
    await publish(lull, events);
    await lull.drained(60_000);
    // From the last answer on the receiver's clock runs.
    if (item < notifications) await sleep(kKeptMs - kAroundMs + Math.random() * 2 * kAroundMs);
    console.log(`${item} of ${notifications}, the burst took ${Math.round(performance.now() - began)} ms with its pause`);
  }
  const metrics = await lull.metrics();
  const attempts = (outcome) => metrics.value('lull_attempts_total', { outcome }) ?? 0;
  let bad = 0;
  for (const receiver of receivers) {
    const ids = await receiver.ids();
    const repeats = ids.length - new Set(ids).size;
    const missing = notifications - new Set(ids).size;
    bad += repeats + missing;
    console.log(`${receiver.name.padEnd(8)} ${ids.length} requests, ${repeats} repeats, ${missing} missing`);
  }
  const delivered = attempts('delivered');
  const failed = ['retryable', 'permanent', 'gone', 'refused', 'released'].reduce((sum, each) => sum + attempts(each), 0);
  console.log(`attempts: ${delivered} delivered, ${failed} other`);
  return bad === 0 && failed === 0 && delivered === receivers.length * notifications;
}

suite('keepalive', () => {
  it('fails no attempt and repeats none', { timeout: 1_800_000 }, async () => {
    if (!(await run())) throw new Error('an attempt failed, or was made twice');
  });
});
