import path from 'node:path';

import { Child } from '../child.mjs';
import { load } from '../load.mjs';
import { Sink } from '../sink.mjs';

/** A cpp-httplib handler that only answers: what an API on that library can reach at most. */
export function bareHandler(shape) {
  return async (context) => {
    const binary = path.join(context.bin, 'bench_httplib_handler');
    const child = new Child('bench_httplib_handler', binary, [], { log: context.logFile('handler'), lines: true });
    context.onCleanup(() => child.stop());
    const { port } = JSON.parse(await child.readLine());
    const before = child.cpuSeconds();
    const report = await load(context, {
      target: `127.0.0.1:${port}`,
      path: '/api/v1/events',
      ...shape,
      duration: context.pick(3, 10),
      warmup: 1,
    });
    return {
      'events/s': report.eventsPerSecond,
      'p50 ms': report.latencyMs.p50,
      'p99 ms': report.latencyMs.p99,
      'p99.9 ms': report.latencyMs.p999,
      'service CPU s / 10k events': ((child.cpuSeconds() - before) / report.eventsSucceeded) * 1e4,
    };
  };
}

/**
 * The limit of a drain: one thread that posts the same notification to the same sink over keep-alive connections, which answers
 * after `delayMs`.
 */
export function postLoop(count, { connections = 64, delayMs = 0 } = {}) {
  return async (context) => {
    const sink = await Sink.start(context);
    await sink.ask(`set 1 delay=${delayMs}`);
    const report = await load(context, {
      target: `127.0.0.1:${sink.ports[0]}`,
      path: '/e/1',
      body: 'notification',
      connections,
      requests: count(context),
      // About what the real ones carry, so that the sink has as much to read.
      header: [
        'User-Agent: bench/1',
        'webhook-id: msg_00000000000000000000000000',
        'webhook-timestamp: 1700000000',
        'webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      ],
    });
    return {
      'notifications/s': report.requestsPerSecond,
      'service CPU s / 10k notifications': (report.cpuSeconds / report.succeeded) * 1e4,
    };
  };
}
