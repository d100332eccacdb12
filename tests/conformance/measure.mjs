// Runs every case of the conformance suite, as built without a sanitizer, in a process of its own, and prints what it
// came to: outcome, time, growth of the peak memory (receiver included), and the slowest call to a healthy receiver
// beside it. Usage: node tests/conformance/measure.mjs [--adapter Native|CppRest]. The suite itself asserts the bounds.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const build = process.env.LULL_MEASURED_BUILD ?? fileURLToPath(new URL('../../build/release', import.meta.url));
const suite = join(build, 'tests/conformance_suite');
const [option, only] = process.argv.slice(2);
if (option !== undefined && (option !== '--adapter' || !['Native', 'CppRest'].includes(only))) {
  console.error('Usage: node tests/conformance/measure.mjs [--adapter Native|CppRest]');
  process.exit(2);
}

async function namesOfTests() {
  const { stdout } = await run(suite, ['--gtest_list_tests', '--gtest_filter=Transports/Conformance.*']);
  return stdout.split('\n').filter((line) => line.startsWith('  ')).map((line) => line.trim().split(/\s/)[0]);
}

const rows = new Map();
let failed = 0;
for (const name of await namesOfTests()) {
  if (only && !name.endsWith(`_${only}`)) continue;
  const { stdout, code } = await run(suite, [`--gtest_filter=Transports/Conformance.${name}`]).catch((error) => error);
  const line = stdout.split('\n').find((each) => each.startsWith('MEASURED|'));
  if (code || !line) {
    failed += 1;
    console.log(stdout);
    continue;
  }
  const [, situation, adapter, outcome, ms, growth, beside] = line.split('|');
  const cell = `${outcome} | ${ms} ms | ${(growth / 1024).toFixed(1)} MiB | ${beside === '' ? '–' : `${beside} ms`}`;
  rows.set(situation, { ...rows.get(situation), [adapter]: cell });
}

const adapters = only ? [only] : ['Native', 'CppRest'];
console.log(`| the receiver, or the request | ${adapters.map((each) => `${each} | time | memory | beside it`).join(' | ')} |`);
console.log(`|---|${'---|'.repeat(4 * adapters.length)}`);
for (const [situation, cells] of rows) console.log(`| ${situation} | ${adapters.map((each) => cells[each]).join(' | ')} |`);
console.log(`${rows.size} situations, ${failed} failed`);
process.exit(failed > 0 || rows.size === 0 ? 1 : 0);
