import { allCases, selectCases } from './cases/index.mjs';
import { describeMachine } from './machine.mjs';
import { parseOptions, usage } from './options.mjs';
import { writeResults } from './report.mjs';
import { abandon, runCase } from './rounds.mjs';

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (options.list) {
    for (const { name, title, optional } of allCases) {
      console.log(`${name.padEnd(26)} ${title}${optional ? ' (optional: only when named)' : ''}`);
    }
    return 0;
  }
  const selected = selectCases(options.cases);
  const machine = describeMachine(options);
  const settings = { rounds: options.rounds, quick: options.quick, only: options.only ?? 'all contestants' };
  const cases = [];
  let written;
  for (const each of selected) {
    const result = await runCase(each, options, (line) => console.log(line));
    if (Object.keys({ ...result.results, ...result.failures }).length === 0) {
      throw new Error(`${each.name} has none of the contestants ${options.only}: it has ${Object.keys(each.contestants)}`);
    }
    cases.push(result);
    written = writeResults(options, { machine, settings, cases });
  }
  for (const { title, figure, verdict } of written.figures) {
    console.log(`${verdict.padEnd(7)} ${title}${figure ? `: ${figure.median.toPrecision(3)}` : ''}`);
  }
  console.log(`results: ${written.file}`);
  return cases.some(({ failures }) => Object.keys(failures).length > 0) ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void abandon().finally(() => process.exit(130)));
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
