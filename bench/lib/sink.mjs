import path from 'node:path';

import { Child, until } from './child.mjs';

/** The epoll sink, steered by its line protocol (bench/sink/control.hpp). */
export class Sink {
  static async start(context, { listeners = 1 } = {}) {
    const sink = new Sink();
    sink.child = new Child('bench_sink', path.join(context.bin, 'bench_sink'), ['--listeners', String(listeners)], {
      log: context.logFile('sink'),
      lines: true,
    });
    sink.ports = JSON.parse(await sink.child.readLine()).ports;
    context.onCleanup(() => sink.child.stop());
    return sink;
  }

  /** The URL of endpoint `number`; endpoints are spread over the ports. */
  url(number) {
    return `http://127.0.0.1:${this.ports[number % this.ports.length]}/e/${number}`;
  }

  // Answers come back in the order of the lines, so callers may not interleave: each awaits its own.
  async ask(line) {
    this.child.writeLine(line);
    const answer = JSON.parse(await this.child.readLine());
    if (answer.error) {
      throw new Error(`sink: ${answer.error}`);
    }
    return answer;
  }

  stats() {
    return this.ask('stats');
  }

  /** Waits for `count` POSTs, to `endpoint` if one is given. Gives up when none has come for `stallMs`. */
  async received(count, { endpoint, stallMs = 20_000, watch = () => {} } = {}) {
    let seen = -1;
    let since = performance.now();
    return until(
      `${count} notifications`,
      async () => {
        watch();
        const stats = await this.stats();
        const got = endpoint === undefined ? stats.requests : ((await this.ask('endpoints'))[endpoint] ?? 0);
        if (got >= count) {
          return stats;
        }
        if (got !== seen) {
          seen = got;
          since = performance.now();
        } else if (performance.now() - since > stallMs) {
          throw new Error(`only ${seen} of ${count} notifications came, none for ${stallMs / 1000} s`);
        }
        return undefined;
      },
      { timeoutMs: 3_600_000, everyMs: 10 },
    );
  }
}
