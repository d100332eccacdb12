// FLUSHALL beneath running replicas: Redis keeps its run id and every connection, and yet nothing of ours is there.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { all, assetChanged, publish, register } from './support/scenario.mjs';
import { gate, startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const isOfOne = ({ body }) => JSON.parse(body).Data.ItemId === 1;
const sequenceOf = ({ headers }) => Number(headers['lull-sequence']);

suite('a Redis that is emptied under running replicas', () => {
  let redis;
  let replicas;
  before(async () => {
    redis = await startRedis();
    replicas = await Promise.all([startLull({ redis }), startLull({ redis })]);
  });

  it('is attached again by itself, and no receiver sees a sequence go back', async () => {
    const [one, two] = replicas;
    const held = gate();
    const sink = await startSink(({ path }) => ({ status: 200, hold: path === '/held' ? held.opened : undefined }));
    await register(one, `${sink.url}/a`);
    await register(one, `${sink.url}/held`);
    await publish(one, [...Array.from({ length: 20 }, (_, index) => assetChanged(100 + index)), assetChanged(1)]);
    await sink.received(21, '/a');
    const before = sink.at('/a').find(isOfOne);
    await waitFor('the one that is held', () => sink.at('/held').find(isOfOne));

    await redis.command('FLUSHALL');
    await register(two, `${sink.url}/b`);
    for (const lull of replicas) await publish(lull, assetChanged(1));
    const after = (await sink.received(1, '/b'))[0];
    assert.ok(sequenceOf(after) > sequenceOf(before), `${sequenceOf(after)} after ${sequenceOf(before)}`);

    held.open();  // the settlement of what was in flight comes late, and matches nothing
    await publish(one, assetChanged(2));
    await sink.received(2, '/b');
    await one.drained();
    const sequences = sink.requests.filter(isOfOne).map(sequenceOf);
    assert.deepEqual(sequences, [...sequences].sort((a, b) => a - b), 'in the order of sending');
    for (const lull of replicas) {
      assert.equal(lull.ended, undefined, 'no process ended');
      expectStatus(await lull.outside('/healthz/ready'), 200);
    }
    const metrics = await one.metrics();
    const count = (name) => metrics.value(`lull_fleet_notifications_${name}`);
    assert.equal(count('created_total') + count('revived_total'), count('delivered_total') + count('superseded_total')
      + count('dead_lettered_total') + count('cancelled_total') + count('pending'));
  });

  it('is told as an alert: the registrations are gone', async () => {
    const lost = await waitFor('the alert', async () => (await all(replicas[0], '/alerts'))
      .find(({ kind }) => kind === 'registry-lost'));
    assert.equal(lost.subject, 'registrations');
    assert.match(lost.sentence, /^Redis was emptied while Lull ran: 2 endpoint registrations are gone/);
  });
});
