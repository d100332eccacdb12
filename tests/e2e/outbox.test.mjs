// Sources of type Outbox: rows of a table in a real PostgreSQL become events, each once, whatever ends in between.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, before, beforeEach, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { expectProblem, expectStatus, expectTime } from './support/expect.mjs';
import { repository, runLull, startLull } from './support/lull.mjs';
import { ownsPort } from './support/own_port.mjs';
import { startPostgres } from './support/postgres.mjs';
import { startRedis } from './support/redis.mjs';
import { all, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const schema = readFileSync(join(repository, 'deploy/outbox/postgresql.sql'), 'utf8');
const quick = { 'Delivery:MaxConcurrencyPerEndpoint': '64', 'Logging:LogLevel:Default': 'Debug' };

suite('outbox', () => {
  let postgres;
  let redis;
  let sink;
  let items = 0;
  let started = [];
  before(async () => {
    [postgres, redis, sink] = await Promise.all([startPostgres(), startRedis(), startSink()]);
    await postgres.sql(schema);
  });
  beforeEach(async () => {
    await postgres.sql('DROP TRIGGER IF EXISTS slow ON lull_outbox; TRUNCATE lull_outbox');
    await redis.command('FLUSHALL');
    sink.requests.length = 0;
    sink.answer = () => ({ status: 200 });
  });
  afterEach(async () => {
    await Promise.all(started.filter(({ ended }) => !ended).map((lull) => lull.kill9())); // of a test that failed
    started = [];
  });

  const source = (more = {}) => ({
    'Sources:0:Name': 'crm',
    'Sources:0:Type': 'Outbox',
    'Sources:0:ConnectionString': postgres.connectionString,
    'Sources:0:Interval': '00:00:01',
    ...quick,
    ...more,
  });
  /** A service with the source, and an endpoint that is told of every event of it. */
  async function start(settings = {}, options = {}) {
    const lull = await startLull({ redis, settings: source(settings), ...options });
    started.push(lull);
    const known = await all(lull, '/endpoints');
    if (known.length === 0) await register(lull, sink.url, { changeTypes: 1, delivery: 'every', order: 'none' });
    return lull;
  }
  const insert = (first, count) => `INSERT INTO lull_outbox (event_type, item_id, base_id) SELECT 'AssetCreated', n, 12
    FROM generate_series(${first}, ${first + count - 1}) AS n;`;
  /** Writes so many rows in one transaction, for items nobody else has, and returns the first. */
  async function write(count) {
    const first = items + 1;
    items += count;
    await postgres.sql(insert(first, count));
    return first;
  }
  const rows = async () => Number(await postgres.sql('SELECT count(*) FROM lull_outbox WHERE error IS NULL'));
  const empty = (timeout = 20_000) => waitFor('the table is empty', async () => (await rows()) === 0, { timeout });
  const status = async (lull) => expectStatus(await lull.get('/sources'), 200).items[0];
  const statusWhen = (lull, what, test, options) => waitFor(`the source ${what}`, async () => {
    const seen = await status(lull);
    return test(seen) ? seen : undefined;
  }, options);
  const idOf = ({ body }) => JSON.parse(body).Data.ItemId;
  /** The items that the sink was told of, in the order of the events' sequences, each sequence once. */
  function told() {
    const bySequence = new Map(sink.requests.map((request) => [Number(request.headers['lull-sequence']), idOf(request)]));
    return [...bySequence].sort(([one], [other]) => one - other).map(([, id]) => id);
  }
  const range = (first, count) => Array.from({ length: count }, (_, index) => first + index);
  const toldAll = (count, timeout = 20_000) => waitFor(`${count} events are told`, () => told().length >= count, { timeout });
  const accepted = async () => Number(await redis.command('HGET', '{lull:00}:counters', 'accepted'));

  it('tells of rows that were committed, as they are, and of none that were rolled back', async () => {
    const lull = await start();
    await postgres.sql(`BEGIN; ${insert(900_001, 3)} ROLLBACK;`);
    await postgres.sql(`INSERT INTO lull_outbox (event_type, item_id, base_id, data, operation, scope, changed_fields) VALUES
      ('AssetMetadataUpdated', 7, 8, '{"title": "Æøå 🎓"}', 'update', 'AA', 'title, status')`);
    await toldAll(1);
    await empty();
    assert.deepEqual(told(), [7]);
    assert.equal(sink.requests[0].body, '{"ChangeType":1,"Data":{"ItemId":7,"BaseId":8}}');
    const seen = await statusWhen(lull, 'has admitted one', ({ admitted }) => admitted === 1);
    expectTime(seen.lastRunAt);
    assert.deepEqual({ ...seen, lastRunAt: '' }, { name: 'crm', type: 'Outbox', state: 'waiting', lastRunAt: '', lastError: null, admitted: 1, lag: '00:00:00' });
    await lull.terminate();
  });

  it('tells of 10,000 rows of one transaction in their order, each once', async () => {
    const lull = await start();
    const first = await write(10_000);
    await empty(40_000);
    await toldAll(10_000, 40_000);
    assert.deepEqual(told(), range(first, 10_000));
    await lull.terminate();
    assert.equal(await accepted(), 10_000);
  });

  it('keeps rows while no Lull runs, tells of all when one is back, and of none again that come back with their ids', async () => {
    await (await start()).terminate();
    const first = await write(500);
    await postgres.sql("UPDATE lull_outbox SET written_at = written_at - interval '1 hour'; CREATE TABLE backup AS TABLE lull_outbox");
    let lull = await start();
    await toldAll(500);
    assert.deepEqual(told(), range(first, 500));
    await empty();
    await lull.terminate();
    await postgres.sql('INSERT INTO lull_outbox OVERRIDING SYSTEM VALUE TABLE backup; DROP TABLE backup');
    lull = await start();
    await empty();
    await lull.drained();
    assert.equal(told().length, 500);
    assert.equal(await accepted(), 500);
    await lull.terminate();
  });

  it('a kill -9 between admission and removal repeats no event and loses none', async (t) => {
    // A removal takes so long that a kill right after an admission comes between the two.
    await postgres.sql(`CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END';
      CREATE TRIGGER slow BEFORE DELETE ON lull_outbox FOR EACH STATEMENT EXECUTE FUNCTION slow()`);
    const before = items;
    let between = 0;
    for (const delay of [0, 320, 150]) {
      const lull = await start({ 'Sources:0:BatchSize': '50' });
      const was = await accepted() || 0;
      await write(200);
      await waitFor('it admits', async () => await accepted() > was, { interval: 1 });
      await new Promise((resolve) => { setTimeout(resolve, delay); });
      await lull.kill9();
      await redis.command('HDEL', '{lull:00}:sources', 'crm|lease'); // it ends by itself, two seconds later
      // A statement that still runs ends with its transaction.
      await waitFor('its session has ended', async () => await postgres.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%lull_outbox%' AND pid <> pg_backend_pid()") === '0');
      if (await accepted() + await rows() > items - before) between += 1;
    }
    await postgres.sql('DROP TRIGGER slow ON lull_outbox');
    const lull = await start();
    await empty();
    const count = items - before;
    await toldAll(count);
    t.diagnostic(`${count} rows; ${between} of 3 kills came between an admission and its removal`);
    assert.ok(between > 0, 'no kill came at the right moment');
    assert.equal(await accepted(), count);
    assert.deepEqual(told(), range(before + 1, count));
    await lull.terminate();
  });

  it('a database that is away is an alert, and is found again by itself', async () => {
    const lull = await start();
    await statusWhen(lull, 'has run', ({ lastRunAt, state }) => lastRunAt && state === 'waiting');
    await postgres.stop();
    const failing = await statusWhen(lull, 'fails', ({ state }) => state === 'failing');
    assert.match(failing.lastError, /SQLSTATE/);
    assert.equal(failing.lag, null, 'nobody knows what waits');
    const alert = await waitFor('an alert', async () => (await all(lull, '/alerts')).find(({ kind }) => kind === 'source'));
    assert.equal(alert.subject, 'crm');
    const ready = await waitFor('readiness says so', async () => {
      const reply = await lull.outside('/healthz/ready');
      return reply.json.sources[0].state === 'failing' && reply;
    });
    assert.equal(ready.status, 200);
    assert.deepEqual(ready.json, { status: 'ready', sources: [{ name: 'crm', state: 'failing' }] });
    const metrics = await lull.metrics();
    assert.equal(metrics.value('lull_fleet_source_failing', { source: 'crm' }), 1);
    assert.ok(metrics.value('lull_fleet_source_failures_total', { source: 'crm' }) > 0);
    await postgres.start();
    const first = await write(20);
    await toldAll(20, 40_000);
    assert.deepEqual(told(), range(first, 20));
    await statusWhen(lull, 'is well', ({ state, lastError }) => state === 'waiting' && lastError === null);
    await lull.terminate();
  });

  it('nothing is removed while Redis is away', async () => {
    const lull = await start();
    await statusWhen(lull, 'has run', ({ lastRunAt }) => lastRunAt);
    await redis.kill();
    const first = await write(10);
    await waitFor('Lull sees that', async () => (await lull.outside('/healthz/ready')).status === 503);
    assert.equal(await rows(), 10);
    await redis.start();
    await toldAll(10);
    assert.deepEqual(told(), range(first, 10));
    await lull.terminate();
  });

  it('of two replicas one works for the table, and the other goes on when that is killed', async () => {
    const running = [await start(), await start()];
    const ports = async () => (await postgres.sql(`SELECT client_port FROM pg_stat_activity WHERE backend_type = 'client backend'
      AND pid <> pg_backend_pid()`)).split('\n');
    let first = await write(1000);
    await toldAll(1000);
    assert.deepEqual(told(), range(first, 1000));
    const [port, ...others] = await ports();
    assert.deepEqual(others, [], 'one connection');
    assert.deepEqual((await status(running[0])).admitted, (await status(running[1])).admitted);
    const [, holder] = (await redis.command('HGET', '{lull:00}:sources', 'crm|lease')).split('|');
    const active = running.find(({ child }) => ownsPort(child.pid, Number(port), postgres.port));
    const left = running.find((lull) => lull !== active);
    await active.kill9();
    first = await write(100);
    await toldAll(1100);
    await empty();
    const [, next] = (await redis.command('HGET', '{lull:00}:sources', 'crm|lease')).split('|');
    assert.notEqual(next, holder);
    assert.deepEqual(told().slice(1000), range(first, 100));
    await left.terminate();
  });

  it('sets a row aside that is no event, says so, and goes on with the others', async () => {
    const lull = await start();
    await postgres.sql(`ALTER TABLE lull_outbox ALTER COLUMN data TYPE text;
      INSERT INTO lull_outbox (event_type, item_id, base_id, data) VALUES ('AssetCreated', 1, 1, '{}'), ('AssetInvented', 2, 1, NULL),
        ('AssetCreated', 3, 1, '{"a": 1} , {"b": 2}'), ('AssetCreated', 4, 1, NULL)`);
    await toldAll(2);
    await empty();
    assert.deepEqual(told(), [1, 4]);
    const reasons = await postgres.sql('SELECT item_id, error FROM lull_outbox ORDER BY id');
    assert.match(reasons, /^2\|type: There is no event type 'AssetInvented'.*\n3\|data: /);
    const alert = await waitFor('an alert', async () => (await all(lull, '/alerts')).find(({ kind }) => kind === 'source'));
    assert.match(alert.sentence, /2 rows were set aside; row \d+ is no event.*AssetInvented/);
    await waitFor('a line for each', () => lull.log.filter(({ message }) => message === 'a row of an outbox is no event, and was set aside').length === 2);
    assert.equal((await lull.metrics()).value('lull_fleet_source_set_aside_total', { source: 'crm' }), 2);
    const [stats] = expectStatus(await lull.get('/stats'), 200).sources;
    assert.deepEqual({ ...stats, failures: 0 }, { name: 'crm', state: stats.state, admitted: 2, failures: 0, setAside: 2, lag: '00:00:00' });
    // Corrected, it is an event like any other.
    await postgres.sql("UPDATE lull_outbox SET event_type = 'AssetCreated', error = NULL WHERE item_id = 2");
    await toldAll(3);
    assert.deepEqual(told(), [1, 4, 2]);
    await postgres.sql('TRUNCATE lull_outbox; ALTER TABLE lull_outbox ALTER COLUMN data TYPE jsonb USING data::jsonb');
    await lull.terminate();
  });

  it('a run can be asked for at any replica', async () => {
    const lulls = [await start({ 'Sources:0:Interval': '01:00:00' }), await start({ 'Sources:0:Interval': '01:00:00' })];
    for (const [index, lull] of lulls.entries()) {
      await statusWhen(lull, 'waits', ({ state, lastRunAt }) => lastRunAt && state === 'waiting');
      await write(1);
      const began = Date.now();
      assert.equal(expectStatus(await lull.post('/sources/crm/run'), 202).name, 'crm');
      await toldAll(index + 1);
      assert.ok(Date.now() - began < 5_000);
    }
    expectProblem(await lulls[0].post('/sources/nobody/run'), 404);
    expectProblem(await lulls[0].get('/sources?limit=1'), 400);
    for (const lull of lulls) await lull.terminate();
  });

  it('the trigger of deploy/outbox tells of the changes of any table, in the transaction of the change', async () => {
    const lull = await start();
    await postgres.sql(`CREATE TABLE asset (id bigint PRIMARY KEY, folder_id bigint, company text, title text);
      CREATE TRIGGER tell_lull AFTER INSERT OR UPDATE OR DELETE ON asset FOR EACH ROW
        EXECUTE FUNCTION lull_tell('AssetCreated', 'AssetMetadataUpdated', 'AssetDeleted', 'id', 'folder_id', 'company');`);
    await register(lull, `${sink.url}/titles`, { changeTypes: 1, delivery: 'every', order: 'endpoint', filter: { operations: ['update'], fields: ['title'], scopes: ['AA'] } });
    await postgres.sql(`INSERT INTO asset VALUES (1, 9, 'AA', 'old'), (2, 9, 'BB', 'old'); UPDATE asset SET title = 'old'; UPDATE asset SET title = 'new';
      UPDATE asset SET folder_id = 10; DELETE FROM asset; BEGIN; INSERT INTO asset VALUES (3, 9, 'AA', 'never'); ROLLBACK;`);
    await empty();
    await sink.received(9, undefined);
    assert.deepEqual(sink.at('/titles').map(idOf), [1], 'one title of the company AA has changed');
    await lull.drained();
    assert.equal(sink.at('/').length, 8);
    await lull.terminate();
  });

  it('the password of the database stands nowhere', async () => {
    const lull = await start({ 'Sources:0:Interval': '00:00:01' });
    const { password } = postgres;
    const shown = await runLull({ command: ['print-config'], settings: source() });
    assert.match(shown.output, /Sources:0:Table|Sources:0:Name/);
    const wrong = { 'Sources:0:ConnectionString': postgres.connectionString.replace('Pg-secret', 'Pg-wrong-secret') };
    const refused = await startLull({ redis: await startRedis(), settings: source(wrong) });
    const failing = await statusWhen(refused, 'fails', ({ state }) => state === 'failing');
    assert.match(failing.lastError, /password authentication failed/);
    const noDriver = await startLull({ redis: await startRedis(), settings: source({ 'Sources:0:ConnectionString': 'Driver={None};Pwd={Pg-secret; of {the}} database}' }) });
    await statusWhen(noDriver, 'fails', ({ state }) => state === 'failing');
    for (const one of [lull, refused, noDriver]) {
      const texts = [one.output, shown.output];
      for (const path of ['/sources', '/alerts', '/settings', '/stats', '/overview']) texts.push((await one.get(path)).text);
      texts.push((await one.outside('/metrics')).text, (await one.outside('/healthz/ready')).text);
      for (const text of texts) {
        for (const secret of [password, 'Pg-secret', 'Pg-wrong-secret', 'of {the']) assert.ok(!text.includes(secret), text.slice(0, 2000));
      }
      await one.terminate();
    }
  });

  it('is refused when the settings are wrong, with the reason', async () => {
    const bad = await runLull({ settings: source({ 'Sources:0:Table': 'a; DROP TABLE b', 'Sources:0:Columns': 'id=id', 'Sources:1:Name': 'CRM', 'Sources:1:Type': 'RabbitMq' }) });
    assert.equal(bad.code, 2);
    assert.match(bad.output, /Sources:0:Table = "a; DROP TABLE b"/);
    assert.match(bad.output, /Sources:0:Columns = "id=id".*has no column for type/);
    assert.match(bad.output, /Sources:1:Name = "CRM".*is also in Sources:0:Name/);
    assert.match(bad.output, /Sources:1:Broker: is missing/);
  });
});
