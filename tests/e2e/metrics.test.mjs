// What Prometheus is told: every promised name, and a balance that adds up.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { all, assetChanged, endpointWhen, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const fleet = ['events_accepted_total', 'events_coalesced_total', ...['created', 'revived', 'delivered', 'superseded', 'dead_lettered', 'cancelled', 'dropped']
  .map((name) => `notifications_${name}_total`), 'notifications_pending', 'windows_open', 'oldest_due_age_seconds', 'dead_letters',
'dead_letters_removed_total', 'unreadable_total', 'mailboxes', 'mailbox_messages', 'mailbox_oldest_age_seconds'].map((name) => `lull_fleet_${name}`);
const own = ['lull_attempts_total', 'lull_attempt_duration_seconds', 'lull_delivery_lag_seconds', 'lull_in_flight', 'lull_leases_reclaimed_total', 'lull_claims_in_vain_total',
  'lull_redis_errors_total', 'lull_clock_offset_seconds', 'lull_clock_server_offset_seconds',
  'lull_threads_missing_total', 'lull_log_lines_lost_total', 'lull_mailbox_polls_waiting', 'lull_build_info'];

suite('metrics', () => {
  let lull;
  let sink;
  before(async () => {
    sink = await startSink(({ path }) => ({ status: Number(path.slice(1)) }));
    lull = await startLull({ settings: { 'Delivery:Retry:Schedule': '00:00:00.300', 'Delivery:CircuitBreaker:Failures': '0' } });
  });
  const counts = async () => {
    const metrics = await lull.metrics();
    return Object.fromEntries(['created', 'revived', 'delivered', 'superseded', 'dead_lettered', 'cancelled']
      .map((name) => [name, metrics.value(`lull_fleet_notifications_${name}_total`)])
      .concat([['pending', metrics.value('lull_fleet_notifications_pending')]]));
  };
  /** Invariant I8: created + revived = delivered + superseded + dead-lettered + cancelled + pending. */
  async function balanced() {
    const seen = await counts();
    const { created, revived, delivered, superseded, dead_lettered: dead, cancelled, pending } = seen;
    assert.equal(created + revived, delivered + superseded + dead + cancelled + pending, JSON.stringify(seen));
    return seen;
  }

  it('has every promised name from the start, and the fleet\'s say how to aggregate', async () => {
    const metrics = await lull.metrics();
    for (const name of [...fleet, ...own]) assert.ok(metrics.has(name), name);
    const unknown = metrics.names().filter((name) => !fleet.includes(name) && !own.includes(name));
    assert.deepEqual(unknown, [], 'metrics that no list here promises');
    for (const name of fleet) assert.match(metrics.help(name) ?? '', /max/, `HELP of ${name}`);
    const { headers } = await lull.outside('/metrics');
    assert.match(headers['content-type'], /^text\/plain/);
  });

  it('balances at every moment of deliveries, merges, failures, retries, removals', async () => {
    const dies = await register(lull, `${sink.url}/400`, { changeTypes: 1 });
    const fails = await register(lull, `${sink.url}/500`, { changeTypes: 3 });
    const waits = await register(lull, `${sink.url}/200`, { changeTypes: 3, enabled: false });
    await register(lull, `${sink.url}/204`);
    for (let round = 0; round < 3; round += 1) {
      await publish(lull, Array.from({ length: 20 }, (_, item) => assetChanged(item)));
      await publish(lull, { type: 'MetafieldCreated', itemId: round, baseId: 1 });
      await waitFor('the windows have fired', async () => {
        await balanced();
        return (await lull.metrics()).value('lull_fleet_windows_open') === 0;
      });
    }
    await endpointWhen(lull, fails.id, 'all dead', ({ queueDepth }) => queueDepth === 0);
    await endpointWhen(lull, dies.id, 'all dead', ({ queueDepth }) => queueDepth === 0);
    let seen = await balanced();
    assert.equal(seen.pending, 23);
    assert.ok(seen.superseded >= 40, JSON.stringify(seen));
    assert.ok(seen.dead_lettered >= 40, JSON.stringify(seen));

    const [letter] = await all(lull, `/dead-letters?endpointId=${dies.id}`);
    expectStatus(await lull.post(`/dead-letters/${letter.id}/retry`), 202);
    await endpointWhen(lull, dies.id, 'dead again', ({ queueDepth }) => queueDepth === 0);
    await waitFor('revived and dead again', async () => {
      const now = await balanced();
      return now.revived === 1 && now.dead_lettered === seen.dead_lettered + 1;
    });
    expectStatus(await lull.patch(`/endpoints/${waits.id}`, { changeTypes: 1 }), 200);
    await endpointWhen(lull, waits.id, 'three cancelled', ({ queueDepth }) => queueDepth === 20);
    assert.equal((await balanced()).cancelled, 3);
    expectStatus(await lull.post('/dead-letters/purge', { endpointId: dies.id }), 200);
    assert.equal((await lull.delete(`/endpoints/${waits.id}`)).status, 204);
    await lull.drained();
    seen = await balanced();
    assert.deepEqual([seen.cancelled, seen.pending], [23, 0]);
    const metrics = await lull.metrics();
    assert.equal(metrics.value('lull_fleet_events_accepted_total'), 63);
    assert.equal(metrics.value('lull_fleet_dead_letters'), (await all(lull, '/dead-letters')).length);
    assert.ok(metrics.value('lull_attempts_total') >= seen.delivered + seen.dead_lettered);
    assert.equal(metrics.value('lull_in_flight'), 0);
  });

  it('carries no URL, item or free text in a label', async () => {
    const { samples } = await lull.metrics();
    for (const { name, labels } of samples) {
      for (const value of Object.values(labels)) assert.match(value, /^[\w.+-]{0,64}$/, `${name}: ${value}`);
    }
  });
});
