// SIGTERM: at once when nothing is in flight, whatever clients have left half-sent.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { it } from 'node:test';
import { defer, suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, publish } from './support/scenario.mjs';

const HALVES = {
  'a body': 'POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  'a head': 'POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: appl',
};

suite('stop', () => {
  for (const [what, bytes] of Object.entries(HALVES)) {
    it(`ends at once with 0 while ${what} is half-sent`, async () => {
      const lull = await startLull();
      const socket = connect(lull.port, '127.0.0.1');
      defer(() => socket.destroy());
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(bytes);
      await publish(lull, assetChanged(1)); // a request of its own, so that the half has surely been read
      const { code, ms } = await lull.terminate();
      assert.equal(code, 0);
      assert.ok(ms < 3_000, `it took ${ms} ms`);
    });
  }
});
