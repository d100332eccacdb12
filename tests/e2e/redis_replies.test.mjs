// Redis answers, but not with what was asked: whatever the error is, the reply is unknown and the client may try again.
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { it } from 'node:test';
import { CommandReader } from '../faults/lib/resp.mjs';
import { defer, suite } from './support/cleanup.mjs';
import { expectProblem } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { assetChanged, publish } from './support/scenario.mjs';
import { waitFor } from './support/wait.mjs';

/** Stands before Redis; while `says` is set every command of any connection is answered with it. */
async function startMiddleman(redis) {
  const middleman = { says: undefined };
  const server = createServer((client) => {
    const upstream = connect(redis.port, '127.0.0.1');
    const reader = new CommandReader();
    client.on('data', (chunk) => {
      const commands = reader.push(chunk);
      if (middleman.says === undefined) upstream.write(chunk);
      else client.write(`-${middleman.says}\r\n`.repeat(commands.length));
    });
    upstream.on('data', (chunk) => client.write(chunk));
    for (const [one, other] of [[client, upstream], [upstream, client]]) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
    defer(() => client.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => server.close());
  middleman.connectionString = `127.0.0.1:${server.address().port}`;
  return middleman;
}

suite('redis replies', () => {
  for (const says of ['ERR max number of clients reached', 'ERR unknown command `EVALSHA`', 'MOVED 3999 127.0.0.1:6381', 'SOMETHING new']) {
    it(`-${says}: 503 until it is over`, async () => {
      const middleman = await startMiddleman(await startRedis());
      const lull = await startLull({ redis: middleman });
      await publish(lull, assetChanged('before'));
      middleman.says = says;
      for (const reply of [await lull.post('/events', assetChanged('meanwhile')), await lull.get('/endpoints'), await lull.get('/stats'),
        await lull.get('/dead-letters'), await lull.post('/windows/flush')]) {
        expectProblem(reply, 503);
        assert.match(reply.headers['retry-after'] ?? '', /^\d+$/);
      }
      middleman.says = undefined;
      await waitFor('it is over', async () => (await lull.post('/events', assetChanged('after'))).status === 202);
    });
  }
});
