// Whether a service goes on serving others: calls it all the time and remembers the slowest answer.
import { assetChanged } from './scenario.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks `/healthz/live` and publishes an event, over and over, until `stop()`, which returns what was seen. */
export function watch(lull) {
  const seen = { live: 0, publish: 0, calls: 0, failures: [] };
  let running = true;
  const timed = async (what, expected, call) => {
    const began = performance.now();
    try {
      const { status } = await call();
      if (status !== expected) seen.failures.push(`${what}: ${status}`);
    } catch (error) {
      seen.failures.push(`${what}: ${error.message}`);
    }
    seen[what] = Math.max(seen[what], performance.now() - began);
    seen.calls += 1;
  };
  const ended = (async () => {
    while (running) {
      await timed('live', 200, () => lull.outside('/healthz/live', { timeout: 5_000 }));
      await timed('publish', 202, () => lull.post('/events', assetChanged(seen.calls), {}, { timeout: 5_000 }));
      await pause(50);
    }
  })();
  return {
    seen,
    async stop() {
      running = false;
      await ended;
      return seen;
    },
  };
}
