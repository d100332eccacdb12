// inputs.mjs <build folder> <tree> <copy>: every file of <tree> that ninja reads to build the service in <build folder> has to be in
// <copy>, too. The compiler's own lists of headers are among what ninja knows.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const [build, tree, copy] = process.argv.slice(2).map((path) => resolve(path));
const ninja = (...words) => execFileSync('ninja', ['-C', build, '-t', ...words], { encoding: 'utf8', maxBuffer: 1 << 28 })
  .split('\n').filter((line) => !line.startsWith('ninja: '));

const inputs = new Set(ninja('inputs', 'lull'));
// "service/…/x.cpp.o: #deps 300, deps mtime … (VALID)", its headers indented below it.
let wanted = false;
for (const line of ninja('deps')) {
  if (line.startsWith('    ')) {
    if (wanted) inputs.add(line.trim());
  } else {
    wanted = inputs.has(line.split(':')[0]);
  }
}
const ours = [...new Set([...inputs].filter(Boolean).map((path) => relative(tree, resolve(build, path))))]
  .filter((path) => !path.startsWith('..') && !path.startsWith('build/') && !path.includes('node_modules/') && existsSync(join(tree, path)));
const missing = ours.filter((path) => !existsSync(join(copy, path)));
for (const path of missing) console.error(`context: the build reads ${path}, which .dockerignore keeps from the image`);
const headers = ours.filter((path) => path.endsWith('.hpp')).length;
const sources = ours.filter((path) => path.endsWith('.cpp')).length;
console.log(`${ours.length} files, ${sources} sources and ${headers} headers among them; ${missing.length} missing`);
// A list that is too short to be true says that ninja was misread.
process.exit(missing.length === 0 && sources > 100 && headers > 100 ? 0 : 1);
