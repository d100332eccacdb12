// An External Redis is looked at before the service starts: missing, locked, forgetful or too old ones are refused.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { it } from 'node:test';
import { defer, suite } from './support/cleanup.mjs';
import { runLull, startLull } from './support/lull.mjs';
import { freePort, startRedis } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

async function refused(connectionString, said, settings = {}) {
  const { code, output, ms } = await runLull({
    settings: { Urls: `http://127.0.0.1:${await freePort()}`, 'Redis:ConnectionString': connectionString, ...settings },
    env: { DOTNET_ENVIRONMENT: 'Test' },
  }, 15_000);
  assert.notEqual(code, 0, output);
  assert.ok(ms < 12_000, `it took ${ms} ms`);
  assert.match(output, said);
  return output;
}

/** Answers like a Redis of another version, as far as a start gets. */
async function startFakeRedis(version) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (const [, command] of bytes.toString('latin1').matchAll(/\*\d+\r\n\$\d+\r\n([^\r]+)\r\n/g)) {
        const info = `# Server\r\nredis_version:${version}\r\n`;
        if (/^info$/i.test(command)) socket.write(`$${info.length}\r\n${info}\r\n`);
        else socket.write(/^ping$/i.test(command) ? '+PONG\r\n' : '+OK\r\n');
      }
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  defer(() => new Promise((resolve) => { server.close(resolve); }));
  return server.address().port;
}

suite('an External Redis is refused', () => {
  it('when it is missing', async () => {
    const port = await freePort();
    const atOnce = { 'Startup:WaitForRedis': 'false' };
    await refused(`127.0.0.1:${port}`, new RegExp(`${port}`), atOnce);
    await refused('unix:/tmp/no-such-redis.sock', /no-such-redis\.sock/, atOnce);
  });

  it('when the password is wrong or not given, without showing one', async () => {
    const redis = await startRedis({ options: { requirepass: 'right-one' } });
    const output = await refused(`127.0.0.1:${redis.port},password=wrong-one`, /password|auth/i);
    assert.doesNotMatch(output, /wrong-one/);
    await refused(`127.0.0.1:${redis.port}`, /password|auth/i);
  });

  it('when it may evict', async () => {
    const redis = await startRedis({ options: { 'maxmemory-policy': 'allkeys-lru' } });
    await refused(redis.connectionString, /allkeys-lru[^]*Redis:AllowVolatile|Redis:AllowVolatile[^]*allkeys-lru/);
  });

  it('when it is not append-only, unless that is allowed', async () => {
    const redis = await startRedis({ options: { appendonly: 'no' } });
    await refused(redis.connectionString, /Redis:AllowVolatile/);
    const lull = await startLull({ redis, settings: { 'Redis:AllowVolatile': 'true' } });
    assert.equal((await lull.outside('/healthz/ready')).status, 200);
  });

  it('when it is older than 6.2', async () => {
    await refused(`127.0.0.1:${await startFakeRedis('6.0.16')}`, /6\.0\.16[^]*6\.2|6\.2[^]*6\.0\.16/);
  });

  it('when its data has a newer schema', async () => {
    const redis = await startRedis();
    const lull = await startLull({ redis });
    await register(lull, 'http://127.0.0.1:9/');
    assert.equal((await lull.terminate()).code, 0);
    const schema = await redis.command('HGETALL', '{lull:00}:meta');
    const field = /^(.*schema.*)$/m.exec(schema)?.[1];
    assert.ok(field, `a schema number in ${schema}`);
    await redis.command('HSET', '{lull:00}:meta', field, '99');
    await refused(redis.connectionString, /schema[^]*99|99[^]*schema/i);
  });

  it('when its schema is raised while it runs: nothing is touched, and all goes on when it is as before', async () => {
    const sink = await startSink();
    const redis = await startRedis();
    const lull = await startLull({ redis, settings: { 'Debouncing:Interval': '00:00:01' } });
    await register(lull, sink.url);
    await publish(lull, assetChanged(1));
    const schema = (await redis.command('HGET', '{lull:00}:meta', 'schema')).trim();
    await redis.command('HSET', '{lull:00}:meta', 'schema', String(Number(schema) + 1));
    const window = await redis.command('HGETALL', '{lull:00}:window');
    const reply = await lull.post('/events', assetChanged(2));
    assert.equal(reply.status, 503, reply.text);
    assert.match(reply.json.detail, /newer schema/);
    await waitFor('not ready', async () => (await lull.outside('/healthz/ready')).status === 503);
    const due = Number((await redis.command('ZRANGE', '{lull:00}:windows', '0', '0', 'WITHSCORES')).split('\n')[1]);
    await waitFor('the window is overdue', () => Date.now() > due + 500);
    assert.equal(await redis.command('HGETALL', '{lull:00}:window'), window);
    await redis.command('HSET', '{lull:00}:meta', 'schema', schema);
    await sink.received(1);
    await waitFor('ready', async () => (await lull.outside('/healthz/ready')).status === 200);
  });

  it('in Production without an encryption key', async () => {
    const redis = await startRedis();
    const { code, output } = await runLull({ settings: { Urls: `http://127.0.0.1:${await freePort()}`, 'Redis:ConnectionString': redis.connectionString } });
    assert.notEqual(code, 0);
    assert.match(output, /Encryption:KeyFile/);
  });
});

suite('an External Redis is used', () => {
  it('by host and password, by URL, and by its socket', async () => {
    const sink = await startSink();
    const redis = await startRedis({ options: { requirepass: 'hunter2', unixsocket: 'redis.sock' } });
    const ways = [redis.connectionString, `redis://:hunter2@127.0.0.1:${redis.port}`, `unix:${redis.directory}/redis.sock,password=hunter2`];
    for (const [index, connectionString] of ways.entries()) {
      const lull = await startLull({ redis: { connectionString }, settings: { 'Redis:KeyPrefix': `way-${index}` } });
      await register(lull, `${sink.url}/${index}`);
      await publish(lull, assetChanged(index));
      await sink.received(1, `/${index}`);
      assert.doesNotMatch(lull.output, /hunter2/);
    }
  });

  it('beside another Lull with its own key prefix', async () => {
    const sink = await startSink();
    const redis = await startRedis();
    const [one, two] = await Promise.all(['a', 'b'].map((prefix) => startLull({ redis, settings: { 'Redis:KeyPrefix': prefix } })));
    await register(one, `${sink.url}/one`);
    assert.deepEqual((await two.get('/endpoints')).json.items, []);
    await publish(two, assetChanged(1));
    await two.drained();
    await publish(one, assetChanged(2));
    await sink.received(1);
    await one.drained();
    assert.equal(sink.requests.length, 1);
  });
});
