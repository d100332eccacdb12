import { parseArgs } from 'node:util';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export const usage = `Usage: bench/run [options] [case …]

Runs the named cases, or every one that is not marked as optional, and writes bench/results/<time>.json and .md.
A case may be given by its beginning: \`ingest\` runs all of the ingest cases.

  --list             the cases
  --quick            one short round: a smoke test, its numbers mean little
  --rounds N         rounds per case (default 5, 1 with --quick); contestants take turns in each
  --only A,B         these contestants only
  --build DIR        where the binaries are (default build/release)
  --before DIR       where the lull of an earlier build is: it takes turns with this one, as the contestants "… before"
  --out NAME         name of the result files (default: the time)
  --keep             keep the working directory with the logs
`;

export function parseOptions(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      build: { type: 'string', default: 'build/release' },
      before: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`--rounds is a positive whole number, not ${values.rounds}`);
  }
  return {
    ...values,
    rounds,
    root,
    cases: positionals,
    only: values.only?.split(','),
    build: path.resolve(root, values.build),
    before: values.before && path.resolve(root, values.before),
    out: values.out ?? new Date().toISOString().slice(0, 19).replaceAll(':', '-'),
    results: path.join(root, 'bench/results'),
  };
}
