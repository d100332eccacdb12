// Mutants of the Lua scripts: one small change each, of the kind that a slip makes. Drawn by seed from every place that the
// operators fit, spread evenly over the scripts that change state.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from './lib/random.mjs';

const folder = 'service/redis/scripts';

/** Scripts that only read a page, and the checks of arguments and types, which no caller of ours can fail, are left out. */
const skippedFiles = /_page\.lua$|letters_head|registry\.lua|totals\.lua|states\.lua|lib\/types/;
const skippedLines = /^\s*--|error_reply|wrongType|if wrong|LULLARG/;

const operators = [
  ['negate a comparison', /(?<![<>~=])(==|~=|<=|>=|<|>)(?!=)/g, (sign) => ({ '==': '~=', '~=': '==', '<=': '>', '>=': '<', '<': '>=', '>': '<=' })[sign]],
  ['shift a comparison', /(?<![<>~=])(<=|>=|<|>)(?!=)/g, (sign) => ({ '<=': '<', '>=': '>', '<': '<=', '>': '>=' })[sign]],
  ['swap + and -', / ([+-]) /g, (sign) => (sign.trim() === '+' ? ' - ' : ' + ')],
  ['drop a call', /^\s*redis\.call\('(?!HGET|ZSCORE|GET)[^\n]*$/g, () => ''],
  ['change a constant', /(?<=[=,(] ?)(0|1)(?=[,)\s])/g, (digit) => (digit === '0' ? '1' : '0')],
  ['swap min and max', /math\.(min|max)/g, (word) => (word === 'math.min' ? 'math.max' : 'math.min')],
  ['swap and with or', / (and|or) /g, (word) => (word === ' and ' ? ' or ' : ' and ')],
];

function luaFiles(root) {
  return readdirSync(join(root, folder), { recursive: true }).map(String)
    .filter((file) => file.endsWith('.lua') && !skippedFiles.test(file)).sort();
}

/** The lines of the scripts that were added since a revision, as a set of "file:line". */
export function linesAddedSince(repository, revision) {
  const diff = spawnSync('git', ['diff', '-U0', revision, '--', folder], { cwd: repository, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (diff.status !== 0) throw new Error(`git diff ${revision}: ${diff.stderr}`);
  const added = new Set();
  let file = '';
  for (const line of diff.stdout.split('\n')) {
    if (line.startsWith('+++ b/')) file = line.slice(6);
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line);
    for (let i = 0; hunk && i < Number(hunk[2] ?? 1); i += 1) added.add(`${file}:${Number(hunk[1]) + i}`);
  }
  return added;
}

function mutantsOf(root, file) {
  const found = [];
  const lines = readFileSync(join(root, folder, file), 'utf8').split('\n');
  lines.forEach((line, index) => {
    if (skippedLines.test(line)) return;
    const code = line.replace(/ --.*$/, '');
    for (const [operator, pattern, change] of operators) {
      for (const match of code.matchAll(pattern)) {
        const quotes = code.slice(0, match.index).split("'").length - 1;
        const changed = code.slice(0, match.index) + change(match[0]) + code.slice(match.index + match[0].length);
        if (quotes % 2 === 0) found.push({ file: join(folder, file), line: index + 1, operator, before: line, after: changed });
      }
    }
  });
  return found;
}

/** `count` mutants, as even over files and operators as they come; only of the lines in `among` when it is given. */
export function drawMutants(root, count, seed, among) {
  const random = new Random(seed, 'mutants');
  const pools = luaFiles(root).map((file) => mutantsOf(root, file).filter((mutant) => !among || among.has(`${mutant.file}:${mutant.line}`))).filter((pool) => pool.length > 0);
  const drawn = [];
  while (drawn.length < count && pools.some((pool) => pool.length > 0)) {
    for (const pool of pools) {
      if (drawn.length === count || pool.length === 0) continue;
      const operator = random.pick([...new Set(pool.map((mutant) => mutant.operator))]);
      const fitting = pool.filter((mutant) => mutant.operator === operator);
      const mutant = random.pick(fitting);
      pool.splice(pool.indexOf(mutant), 1);
      drawn.push(mutant);
    }
  }
  return drawn;
}
