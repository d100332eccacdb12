import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One event every 10 ms for endpoint 2, whose answers are well: what other work feels meanwhile. */
export class LiveTraffic {
  #lull;
  #sent = [];
  #failed = 0;
  #timer;

  constructor(context, lull) {
    this.#lull = lull;
    this.#timer = setInterval(() => this.#send(), 10);
    context.onCleanup(() => clearInterval(this.#timer));
  }

  #send() {
    const itemId = 1e9 + this.#sent.length;
    this.#sent.push({ itemId, at: process.hrtime.bigint() });
    this.#lull.api('POST', '/events', { type: 'MetafieldCreated', itemId, baseId: 1 }).catch(() => (this.#failed += 1));
  }

  mark() {
    return this.#sent.length;
  }

  /** Ends it; gives the lags in ms, from sending an event to the first byte of its notification, by `[from, to)`. */
  async end(context, sink) {
    clearInterval(this.#timer);
    await sink.received(this.#sent.length, { endpoint: 2 });
    if (this.#failed > 0) {
      throw new Error(`${this.#failed} live events were not accepted`);
    }
    const log = path.join(context.workDir, 'arrivals');
    await sink.ask(`dump ${log}`);
    const arrivedAt = new Map();
    for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
      const [item, endpoint, , ns] = line.split(' ');
      if (endpoint === '2' && !arrivedAt.has(Number(item))) {
        arrivedAt.set(Number(item), BigInt(ns));
      }
    }
    const lags = this.#sent.map(({ itemId, at }) => Number(arrivedAt.get(itemId) - at) / 1e6);
    return (from, to) => lags.slice(from, to).sort((a, b) => a - b);
  }
}
