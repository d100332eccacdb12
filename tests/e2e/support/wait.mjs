// Waiting for something observable. Tests never sleep for a fixed time: they ask again until the state is there or the
// deadline has passed, and then the failure says what was seen last.

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Calls `probe` until it returns something truthy and returns that. An exception counts as "not yet".
 * `what` and the last value or error seen stand in the failure.
 */
export async function waitFor(what, probe, { timeout = 10_000, interval = 20 } = {}) {
  const deadline = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`not within ${timeout} ms: ${what} (last seen: ${seen})`);
    }
    await pause(interval);
  }
}

/** Settles like `promise`, or rejects after `timeout` ms. */
export function within(timeout, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${timeout} ms: ${what}`)), timeout);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
