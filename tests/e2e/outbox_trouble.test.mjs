// Sources of type Outbox whose table, database or settings are not as they should be: nothing spins, nothing is silent.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, before, beforeEach, it } from 'node:test';
import { defer, suite } from './support/cleanup.mjs';
import { expectStatus } from './support/expect.mjs';
import { repository, startLull } from './support/lull.mjs';
import { startPostgres } from './support/postgres.mjs';
import { startRedis } from './support/redis.mjs';
import { all, assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const schema = readFileSync(join(repository, 'deploy/outbox/postgresql.sql'), 'utf8');

suite('outbox trouble', () => {
  let postgres;
  let redis;
  let sink;
  let started = [];
  before(async () => {
    [postgres, redis, sink] = await Promise.all([startPostgres(), startRedis(), startSink()]);
  });
  beforeEach(async () => {
    await postgres.sql(`SET client_min_messages = error; DROP TABLE IF EXISTS lull_outbox, asset; DROP FUNCTION IF EXISTS lull_tell(); ${schema}`);
    await redis.command('FLUSHALL');
    sink.requests.length = 0;
    sink.answer = () => ({ status: 200 });
  });
  afterEach(async () => {
    await Promise.all(started.filter(({ ended }) => !ended).map((lull) => lull.kill9())); // of a test that failed
    started = [];
  });

  async function start(settings = {}, endpoint = {}) {
    const lull = await startLull({ redis, settings: {
      'Sources:0:Name': 'crm',
      'Sources:0:Type': 'Outbox',
      'Sources:0:ConnectionString': postgres.connectionString,
      'Sources:0:Interval': '00:00:01',
      ...settings,
    } });
    started.push(lull);
    if ((await all(lull, '/endpoints')).length === 0) await register(lull, sink.url, { changeTypes: 1, delivery: 'every', order: 'none', ...endpoint });
    return lull;
  }
  const failing = (lull) => waitFor('the source fails', async () => {
    const [seen] = expectStatus(await lull.get('/sources'), 200).items;
    return seen.state === 'failing' ? seen : undefined;
  });
  const alertOf = (lull) => waitFor('an alert', async () => (await all(lull, '/alerts')).find(({ kind }) => kind === 'source'));
  const failures = async (lull) => expectStatus(await lull.get('/stats'), 200).sources[0].failures;
  const told = () => sink.requests.map(({ body }) => JSON.parse(body).Data).sort((one, other) => one.ItemId - other.ItemId);
  const empty = () => waitFor('the table is empty', async () => (await postgres.sql('SELECT count(*) FROM lull_outbox WHERE error IS NULL')) === '0');

  it('rows that the database does not let go are an alert, and are not taken again at full speed', async () => {
    await postgres.sql(`CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF OLD.item_id > 2 THEN RETURN NULL; END IF; RETURN OLD; END';
      CREATE TRIGGER keep BEFORE DELETE ON lull_outbox FOR EACH ROW EXECUTE FUNCTION keep();
      INSERT INTO lull_outbox (event_type, item_id, base_id) SELECT 'AssetCreated', n, 12 FROM generate_series(1, 5) AS n`);
    const lull = await start({ 'Sources:0:BatchSize': '5' });
    const { lastError } = await failing(lull);
    assert.match(lastError, /^3 of 5 rows could not be removed\b.*may delete/);
    assert.equal((await alertOf(lull)).sentence, lastError);
    assert.equal(await postgres.sql('SELECT count(*) FROM lull_outbox'), '5', 'rolled back');
    assert.equal(await redis.command('HGET', '{lull:00}:counters', 'accepted'), '5', 'each once');
    assert.ok(await failures(lull) < 10);
    await postgres.sql('DROP TRIGGER keep ON lull_outbox');
    await empty();
    assert.equal(await redis.command('HGET', '{lull:00}:counters', 'accepted'), '5');
    await lull.terminate();
  });

  it('rows that are set aside and taken again are an alert that says what TakeSql lacks', async () => {
    await postgres.sql(`INSERT INTO lull_outbox (event_type, item_id, base_id) VALUES ('AssetInvented', 1, 1), ('AssetInvented', 2, 1)`);
    const lull = await start({ 'Sources:0:BatchSize': '2', 'Sources:0:TakeSql': 'SELECT * FROM lull_outbox ORDER BY id LIMIT {batchSize} FOR UPDATE SKIP LOCKED' });
    const { lastError } = await failing(lull);
    assert.match(lastError, /^2 of 2 rows could not be marked\b.*TakeSql/);
    await waitFor('an alert', async () => (await all(lull, '/alerts')).find(({ sentence }) => sentence === lastError));
    assert.equal(expectStatus(await lull.get('/stats'), 200).sources[0].setAside, 2, 'once');
    await lull.terminate();
  });

  it('the trigger of deploy/outbox breaks no transaction of its publisher, and writes no row that Lull would refuse', async () => {
    const fields = Array.from({ length: 201 }, (_, index) => `f${index} int`).join(', ');
    await postgres.sql(`CREATE TABLE asset (id bigint PRIMARY KEY, folder_id bigint, title text, ${fields});
      CREATE TRIGGER tell_lull AFTER INSERT OR UPDATE OR DELETE ON asset FOR EACH ROW
        EXECUTE FUNCTION lull_tell('AssetCreated', 'AssetMetadataUpdated', 'AssetDeleted', 'id', 'folder_id');
      DROP ROLE IF EXISTS publisher; CREATE ROLE publisher; GRANT INSERT, SELECT, UPDATE ON asset TO publisher`);
    const set = (count) => Array.from({ length: count }, (_, index) => `f${index} = 1`).join(', ');
    const lull = await start();
    const rows = await postgres.sql(`CREATE TEMPORARY TABLE lull_outbox (event_type text, item_id bigint, base_id bigint, data jsonb,
      operation text, scope text, changed_fields text); BEGIN; SET ROLE publisher;
      INSERT INTO asset (id, folder_id, title) VALUES (1, NULL, repeat('æ', 20000)), (2, 12, repeat('æ', 40000));
      UPDATE asset SET ${set(200)} WHERE id = 1; UPDATE asset SET ${set(201)} WHERE id = 2; RESET ROLE;
      SELECT item_id, base_id, data IS NULL, jsonb_array_length(changed_fields::jsonb) FROM public.lull_outbox ORDER BY id; COMMIT`);
    assert.deepEqual(rows.split('\n'), ['1|1|f|', '2|12|t|', '1|1|f|200', '2|12|t|']);
    await empty();
    await sink.received(4, undefined);
    assert.deepEqual(told(), [{ ItemId: 1, BaseId: 1 }, { ItemId: 1, BaseId: 1 }, { ItemId: 2, BaseId: 12 }, { ItemId: 2, BaseId: 12 }]);
    assert.equal(await postgres.sql('SELECT count(*) FROM lull_outbox'), '0', 'none was set aside');
    await lull.terminate();
  });

  it('a stop settles the attempts that it cuts off although a statement hangs', async () => {
    sink.answer = () => ({ status: 200, hold: new Promise(() => {}) });
    const settings = { 'Shutdown:Deadline': '00:00:02', 'Delivery:Timeout': '00:00:02', 'Debouncing:Interval': '00:00:00' };
    const lull = await start(settings, { timeout: '00:01:00' });
    await publish(lull, assetChanged(1));
    await sink.received(1);
    const locked = postgres.sql('BEGIN; LOCK TABLE lull_outbox; SELECT pg_sleep(60)').catch(() => {}); // ended below
    const waiting = async (what) => waitFor('a backend waits', async () => Number(await postgres.sql(
      `SELECT pid FROM pg_stat_activity WHERE ${what} AND pid <> pg_backend_pid()`)) || undefined);
    const hung = await waiting("wait_event_type = 'Lock'");
    process.kill(hung, 'SIGSTOP'); // as a database on a disk that does not answer
    defer(() => { try { process.kill(hung, 'SIGCONT'); } catch { /* it has ended */ } });
    const { ms } = await lull.terminate();
    assert.ok(ms < 3_500, `it took ${ms} ms`);
    // Settling has 300 ms after the deadline, which the statement must not use up.
    const at = (what) => Date.parse(lull.log.find(({ message }) => message.startsWith(what)).ts);
    const cutOff = at('attempt') - at('stopping');
    assert.ok(cutOff < 2_290, `cut off after ${cutOff} ms`);
    process.kill(hung, 'SIGCONT');
    await postgres.sql(`SELECT pg_terminate_backend(${await waiting("query LIKE '%pg_sleep%'")})`);
    await locked;
    sink.answer = () => ({ status: 200 });
    const next = await start();
    const [first, second] = await sink.received(2); // again at its time, not after its lease
    assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
    await next.terminate();
  });
});
