import path from 'node:path';

import { Child } from './child.mjs';

/** Runs the load generator to its end and gives its report. `options` are its command line options in camelCase. */
export async function load(context, options) {
  const args = Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return [value].flat().flatMap((each) => [flag, String(each)]);
  });
  const log = context.logFile('loadgen');
  const child = new Child('bench_loadgen', path.join(context.bin, 'bench_loadgen'), args, { log, lines: true });
  context.onCleanup(() => child.stop());
  return JSON.parse(await child.readLine());
}

/** As `load`, for events: every one has to be accepted, or the run is worth nothing. */
export async function publish(context, contestant, options) {
  const report = await load(context, { target: contestant.targets, path: '/api/v1/events', ...options });
  const refused = Object.entries(report.statuses).filter(([status]) => status !== '202');
  if (refused.length > 0 || report.failures > 0 || report.unanswered > 0) {
    const what = { refused: Object.fromEntries(refused), failures: report.failures, unanswered: report.unanswered };
    throw new Error(`not every event was accepted: ${JSON.stringify(what)}`);
  }
  return report;
}

/** Stores `count` distinct items as fast as the contestant takes them; `more` are further options of the load. */
export async function preload(context, contestant, count, { firstItem = 1, ...more } = {}) {
  const batch = Math.min(100, count);
  if (count % batch !== 0) {
    throw new Error(`preload counts are multiples of 100, not ${count}`);
  }
  return publish(context, contestant, { body: 'array', batch, requests: count / batch, connections: 8, firstItem, ...more });
}
