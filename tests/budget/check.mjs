// What the run cost: `check.mjs <junit.xml> <seconds of the whole run> [shares.json]`. Prints a table of seconds per suite
// and ends with 1 when a suite took more than its share. A suite that has no share is a failure too: whoever adds one says
// what it may cost. A share is the sum of its tests' seconds, two of which may run side by side.
// A shared machine stands still for ten or twenty seconds now and then, and the suite it meets has no part in that. So
// overruns that come to no more than `stall` seconds together are told, and fail nothing.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The suite of a test: "redis_suite" of "redis_suite.Claim.Takes", "e2e.stop" of "e2e.stop", "fuzz" of "fuzz.url". */
export function suiteOf(name) {
  const [first, second] = name.split('.');
  return first === 'e2e' && second ? `e2e.${second}` : first;
}

/** @returns seconds by suite, as ctest's report has them. */
export function secondsBySuite(report) {
  const seconds = new Map();
  for (const [, attributes] of report.matchAll(/<testcase ([^>]*)>/g)) {
    const name = /\bname="([^"]*)"/.exec(attributes)?.[1];
    const time = Number(/\btime="([^"]*)"/.exec(attributes)?.[1]);
    if (name === undefined || Number.isNaN(time)) throw new Error(`a testcase without name or time: ${attributes}`);
    seconds.set(suiteOf(name), (seconds.get(suiteOf(name)) ?? 0) + time);
  }
  return seconds;
}

/** The share of a suite: its own, or else the one of its family ("e2e.*"). */
export function shareOf(shares, suite) {
  return shares.suites[suite] ?? shares.suites[`${suite.split('.')[0]}.*`];
}

/** @returns rows {suite, seconds, share, over, failed} with the dearest first, the whole run last. */
export function judge(seconds, total, shares) {
  const rows = [...seconds].sort(([, a], [, b]) => b - a).map(([suite, spent]) => {
    const share = shareOf(shares, suite);
    return { suite, seconds: spent, share, over: share === undefined || spent > share };
  });
  const overrun = rows.reduce((sum, { seconds: spent, share }) => sum + Math.max(0, spent - (share ?? spent)), 0);
  const forgiven = overrun <= (shares.stall ?? 0);
  return [...rows.map((row) => ({ ...row, failed: row.over && !(forgiven && row.share !== undefined) })),
    { suite: 'whole run', seconds: total, share: shares.total, over: total > shares.total, failed: total > shares.total }];
}

function main([report, total, file]) {
  const here = dirname(fileURLToPath(import.meta.url));
  const shares = JSON.parse(readFileSync(file ?? join(here, 'shares.json'), 'utf8'));
  const rows = judge(secondsBySuite(readFileSync(report, 'utf8')), Number(total), shares);
  process.stdout.write(`${'suite'.padEnd(34)} ${'seconds'.padStart(8)} ${'share'.padStart(6)}\n`);
  for (const { suite, seconds, share, over, failed } of rows) {
    const late = failed ? '  OVER ITS SHARE' : '  over its share, as when the machine stood still';
    const note = share === undefined ? '  NO SHARE: add one to tests/budget/shares.json' : over ? late : '';
    process.stdout.write(`${suite.padEnd(34)} ${seconds.toFixed(1).padStart(8)} ${String(share ?? '-').padStart(6)}${note}\n`);
  }
  process.exit(rows.some(({ failed }) => failed) ? 1 : 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
