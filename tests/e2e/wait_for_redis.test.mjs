// Startup:WaitForRedis: a Redis that cannot be used yet ends nothing. Lull listens, says what it waits for, and attaches.
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { defer, suite, temporaryDirectory } from './support/cleanup.mjs';
import { runLull, spawnLull, startLull } from './support/lull.mjs';
import { freePort, startRedis } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor, within } from './support/wait.mjs';

const atOnce = 1_000; // ms

async function startWaiting(connectionString, settings = {}) {
  const port = await freePort();
  const lull = spawnLull({
    settings: {
      Urls: `http://127.0.0.1:${port}`, 'Redis:ConnectionString': connectionString, 'Debouncing:Interval': '00:00:00.200',
      'Egress:AllowedNetworks': '127.0.0.0/8', 'Egress:AllowedPorts': '1-65535', ...settings,
    },
    env: { DOTNET_ENVIRONMENT: 'Test' },
  });
  lull.at(`http://127.0.0.1:${port}`, '');
  await waitFor('it is alive', async () => (await lull.outside('/healthz/live')).status === 200);
  return lull;
}

async function saysItWaits(lull, why) {
  const ready = await waitFor('the reason is told', async () => {
    const reply = await lull.outside('/healthz/ready');
    return why.test(reply.text) && reply;
  });
  assert.equal(ready.status, 503);
  assert.match(ready.headers['content-type'], /application\/problem\+json/);
  for (const reply of [await lull.post('/events', assetChanged(1)), await lull.get('/endpoints'), await lull.get('/stats'),
    await lull.post('/endpoints', { name: 'n', url: 'http://127.0.0.1:9/', changeTypes: 1 })]) {
    assert.equal(reply.status, 503, reply.text);
    assert.ok(Number(reply.headers['retry-after']) > 0, 'Retry-After');
    assert.match(reply.text, why);
  }
  assert.equal((await lull.outside('/metrics')).status, 200);
  assert.equal((await lull.outside('/healthz/live')).status, 200);
}

async function delivers(lull) {
  await lull.ready();
  const sink = await startSink();
  await register(lull, sink.url);
  await publish(lull, assetChanged(7));
  await sink.received(1);
}

async function endsAtOnce(lull) {
  const began = Date.now();
  const { code, signal } = await lull.terminate();
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, lull.output);
  assert.ok(Date.now() - began < atOnce, `${Date.now() - began} ms`);
}

/** Answers each command of a client with what `answer` makes of its name. */
async function startFakeRedis(answer, welcome = '') {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (welcome) return void socket.end(welcome);
    socket.on('data', (bytes) => {
      for (const [, command] of bytes.toString('latin1').matchAll(/\*\d+\r\n\$\d+\r\n([^\r]+)\r\n/g)) socket.write(answer(command.toUpperCase()));
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  defer(() => new Promise((resolve) => { server.close(resolve); }));
  return server.address().port;
}

suite('a Redis that is not there yet', () => {
  it('is waited for when it starts 3 s after Lull, and everything works then', async () => {
    const port = await freePort();
    const lull = await startWaiting(`127.0.0.1:${port}`);
    const began = Date.now();
    await saysItWaits(lull, /cannot be reached/);
    await waitFor('3 s', () => Date.now() - began >= 3_000);
    assert.equal(lull.ended, undefined);
    await startRedis({ port });
    await delivers(lull);
    assert.ok(lull.log.some((line) => /waiting for Redis/.test(JSON.stringify(line))));
    assert.equal((await lull.terminate()).code, 0);
  });

  it('is waited for while it loads', async () => {
    const loading = '# Server\r\nredis_version:7.0.15\r\nrole:master\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\nloading:1\r\n';
    const port = await startFakeRedis((command) => (command === 'INFO' ? `$${loading.length}\r\n${loading}\r\n`
      : '-LOADING Redis is loading the dataset in memory\r\n'));
    const lull = await startWaiting(`127.0.0.1:${port}`);
    await saysItWaits(lull, /loading its data/);
    await endsAtOnce(lull);
  });

  it('is waited for while it has as many clients as it may', async () => {
    const redis = await startRedis({ options: { maxclients: '2' } });
    const { connect } = await import('node:net');
    const others = [1, 2].map(() => connect(redis.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(others.map((each) => new Promise((resolve) => { each.on('connect', resolve); })));
    const lull = await startWaiting(redis.connectionString);
    await saysItWaits(lull, /maxclients/);
    for (const each of others) each.destroy();
    await waitFor('a place is free', async () => redis.command('CONFIG', 'SET', 'maxclients', '100').then(() => true, () => false));
    await delivers(lull);
    assert.equal((await lull.terminate()).code, 0);
  });

  it('is waited for while nobody knows its name, and a stop ends the wait at once', async () => {
    const lull = await startWaiting('redis.invalid:6379');
    await saysItWaits(lull, /redis\.invalid/);
    await endsAtOnce(lull);
  });

  it('ends the start when waiting mends nothing, also when that turns out later', async () => {
    const port = await freePort();
    const lull = await startWaiting(`127.0.0.1:${port},password=wrong-one`);
    await saysItWaits(lull, /cannot be reached/);
    await startRedis({ port, options: { requirepass: 'right-one' } });
    assert.deepEqual(await within(10_000, 'it ends', lull.exited), { code: 1, signal: null });
    assert.match(lull.output, /^lull: .*refused the log-in/m);
    assert.doesNotMatch(lull.output, /wrong-one/);
  });

  it('takes no event before its checks have passed', async () => {
    const port = await freePort();
    const lull = await startWaiting(`127.0.0.1:${port}`);
    let accepted = 0;
    const publishing = (async () => {
      while (!lull.ended) {
        await lull.post('/events', assetChanged(1)).then(({ status }) => { if (status === 202) accepted += 1; }, () => {});
      }
    })();
    await startRedis({ port, options: { 'maxmemory-policy': 'allkeys-lru' } });
    assert.equal((await within(10_000, 'it ends', lull.exited)).code, 1);
    await publishing;
    assert.equal(accepted, 0);
    assert.match(lull.output, /^lull: .*allkeys-lru/m);
  });

  it('ends the start as it always did with Startup:WaitForRedis=false', async () => {
    const { code, output } = await runLull({
      settings: {
        Urls: `http://127.0.0.1:${await freePort()}`, 'Redis:ConnectionString': `127.0.0.1:${await freePort()}`,
        'Startup:WaitForRedis': 'false',
      },
      env: { DOTNET_ENVIRONMENT: 'Test' },
    });
    assert.equal(code, 1);
    assert.match(output, /^lull: .*cannot be reached/m);
  });
});

/** A managed redis-server whose data takes some seconds to load: what it has, and a program that is slow with it. */
async function startSlowly(last = '') {
  const dataDirectory = temporaryDirectory('data');
  const first = await startLull({ dataDirectory });
  await first.terminate();
  const files = join(dataDirectory, 'appendonlydir');
  const file = join(files, readdirSync(files).find((name) => name.includes('.incr.')));
  appendFileSync(file, '*3\r\n$3\r\nSET\r\n$4\r\nlong\r\n$1\r\nv\r\n'.repeat(10_000) + last);
  const programs = temporaryDirectory('bin');
  // Redis looks at its clients at every 1,024th command that it loads: here each half second.
  writeFileSync(join(programs, 'redis-server'), '#!/bin/sh\nPATH=${PATH#*:}\nexec redis-server "$@" --key-load-delay 400\n', { mode: 0o700 });
  const port = await freePort();
  const lull = spawnLull({
    settings: {
      Urls: `http://127.0.0.1:${port}`, 'Redis:DataDirectory': dataDirectory, 'Debouncing:Interval': '00:00:00.200',
      'Egress:AllowedNetworks': '127.0.0.0/8', 'Egress:AllowedPorts': '1-65535',
    },
    env: { PATH: `${programs}:${process.env.PATH}` },
  });
  lull.at(`http://127.0.0.1:${port}`, '');
  await waitFor('it is alive', async () => (await lull.outside('/healthz/live')).status === 200);
  return lull;
}

suite('a managed redis-server that loads its data', () => {
  it('is waited for, alive and not ready with the reason', async () => {
    const lull = await startSlowly();
    await saysItWaits(lull, /still loading its data/);
    await delivers(lull);
    assert.equal((await lull.terminate()).code, 0);
  });

  it('does not hold up a stop', async () => {
    const lull = await startSlowly();
    await saysItWaits(lull, /still loading its data/);
    const { code, ms } = await lull.terminate();
    assert.equal(code, 0, lull.output);
    assert.ok(ms < 3_000, `${ms} ms`); // it hears of it only between two pieces of what it loads
  });

  it('ends the start when it ends over its data', async () => {
    const lull = await startSlowly('!'.repeat(200));
    await saysItWaits(lull, /still loading its data/);
    assert.deepEqual(await within(20_000, 'it ends', lull.exited), { code: 1, signal: null });
    assert.match(lull.output, /^lull: .*redis-check-aof/m);
  });
});
