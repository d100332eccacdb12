// The system gives only so many threads: a stranger's idle connections must not end the process, and a start that gets
// too few says what to do.
import assert from 'node:assert/strict';
import { chmodSync, chownSync } from 'node:fs';
import { connect } from 'node:net';
import { it } from 'node:test';
import { defer, suite, temporaryDirectory } from './support/cleanup.mjs';
import { spawnLull, startLull } from './support/lull.mjs';
import { freePort } from './support/redis.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor, within } from './support/wait.mjs';

// The limit counts all processes of a user and does not bind root, so the service gets a user of its own.
const USER = 60_000 + (process.pid % 5_000);

function limited(threads) {
  const asUser = process.getuid() === 0 ? ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'] : [];
  return [...asUser, 'prlimit', `--nproc=${threads}`];
}

function ownDirectory(kind) {
  const path = temporaryDirectory(kind);
  chmodSync(path, 0o700);
  if (process.getuid() === 0) chownSync(path, USER, USER);
  return path;
}

suite('short of threads', () => {
  it('serves on while a stranger holds more connections in the middle of a request than there are threads', async () => {
    const sink = await startSink();
    const lull = await startLull({ through: limited(40), dataDirectory: ownDirectory('data'), cwd: ownDirectory('cwd') });
    await register(lull, sink.url);
    for (let i = 0; i < 120; i += 1) {
      const socket = connect(lull.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write('G'); // idle connections need no thread, one that has begun to send has one
      defer(() => socket.destroy());
    }
    await waitFor('a thread is refused', async () => (await lull.metrics()).value('lull_threads_missing_total') > 0);
    assert.equal((await lull.outside('/healthz/live')).status, 200);
    await publish(lull, assetChanged(1));
    await sink.received(1);
    const { code } = await lull.terminate();
    assert.equal(code, 0);
  });

  for (const threads of [4, 10, 16]) {
    it(`says what to do when it cannot start with ${threads} threads`, async () => {
      const lull = spawnLull({
        through: limited(threads),
        cwd: ownDirectory('cwd'),
        settings: { Urls: `http://127.0.0.1:${await freePort()}`, 'Redis:DataDirectory': ownDirectory('data') },
      });
      const { code, signal } = await within(20_000, 'the start fails', lull.exited);
      assert.deepEqual({ code, signal }, { code: 1, signal: null }, lull.output);
      assert.match(lull.output, /^lull: .*(ulimit -u|redis-server)/m);
    });
  }
});
