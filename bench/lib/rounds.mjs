import { Context } from './context.mjs';
import { summary } from './statistics.mjs';

let running;

/** Stops what the contestant at work has started; for a run that is interrupted. */
export async function abandon() {
  await running?.close();
}

/**
 * Runs a case: in every round each contestant once, in turn (A B A B), each on fresh processes and a fresh Redis, so
 * that a slow spell of the machine meets all of them. A contestant that fails once has failed the case; it is left out
 * of the later rounds, and no number of it is reported. A case may have a number of rounds of its own.
 */
export async function runCase(testCase, options, log) {
  const wanted = contestants(testCase, options).filter(([label]) => !options.only || options.only.includes(label));
  const runs = new Map(wanted.map(([label]) => [label, []]));
  const failures = {};
  const rounds = testCase.rounds ?? options.rounds;
  for (let round = 1; round <= rounds; ++round) {
    for (const [label, run, lullDir] of wanted.filter(([name]) => !(name in failures))) {
      const context = new Context(options, lullDir);
      running = context;
      try {
        const metrics = await run(context);
        runs.get(label).push(metrics);
        log(`${testCase.name} ${round}/${rounds} ${label}: ${brief(metrics)}`);
      } catch (error) {
        failures[label] = error.message;
        log(`${testCase.name} ${round}/${rounds} ${label}: FAILED: ${error.message}`);
      } finally {
        await context.close();
      }
    }
  }
  const results = {};
  for (const [label, all] of runs) {
    if (!(label in failures)) {
      const names = Object.keys(all[0]);
      results[label] = Object.fromEntries(names.map((name) => [name, summary(all.map((metrics) => metrics[name]))]));
    }
  }
  return { name: testCase.name, title: testCase.title, rounds, results, failures };
}

/** `[label, run, lullDir]`: with an earlier build each contestant of ours comes twice, the earlier one first. */
function contestants(testCase, { build, before }) {
  return Object.entries(testCase.contestants).flatMap(([label, run]) => {
    const now = [label, run, build];
    return before && /^lull\b/.test(label) ? [[`${label} before`, run, before], now] : [now];
  });
}

function brief(metrics) {
  const [[name, value]] = Object.entries(metrics);
  return `${name} ${value.toPrecision(4)}`;
}
