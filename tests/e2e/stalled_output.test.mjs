// A standard output that nobody reads: neither publishers nor a stop wait for it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { defer, suite, temporaryDirectory } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { within } from './support/wait.mjs';

/** The writing end of a pipe that is open for reading, too, and never read. */
function deafPipe() {
  const path = join(temporaryDirectory('fifo'), 'stdout');
  execFileSync('mkfifo', [path]);
  const both = openSync(path, constants.O_RDWR);
  const writing = openSync(path, constants.O_WRONLY);
  defer(() => closeSync(both));
  return writing;
}

suite('stalled output', () => {
  it('holds up no publisher, no delivery and no stop', async () => {
    const sink = await startSink();
    const stdout = deafPipe();
    const lull = await startLull({
      stdout,
      settings: { 'Logging:LogLevel:Default': 'Trace', 'Shutdown:Deadline': '00:00:02', 'Delivery:Timeout': '00:00:02', 'Debouncing:Interval': '00:00:00' },
    });
    closeSync(stdout);
    await register(lull, sink.url);
    // A request is a line of some 200 bytes, and the pipe takes 64 KiB.
    for (let i = 0; i < 600; i += 1) await within(5_000, `publication ${i}`, publish(lull, assetChanged(i)));
    await sink.received(600);
    assert.equal((await lull.metrics()).value('lull_log_lines_lost_total'), 0, 'what fits into the queue is kept');
    const { code, ms } = await lull.terminate();
    assert.equal(code, 0);
    assert.ok(ms < 3_000, `it took ${ms} ms`);
  });
});
