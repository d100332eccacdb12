// Builds the console: `node build.mjs --out DIR` type-checks the sources, bundles them and writes DIR/index.html with the
// assets that it refers to. Their names carry a hash of what is in them, so that a browser may keep them for ever.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** Everything of the bundle must be readable by the oldest browsers that know `<dialog>`, `:focus-visible` and `color-scheme`. */
const target = ['chrome109', 'firefox115', 'safari16'];

function typeCheck() {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const run = spawnSync(process.execPath, [compiler, '--noEmit', '--project', here], { stdio: 'inherit' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

/** The bundle as a map from the name without hash ("console.js") to its bytes. */
async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { console: 'src/main.tsx' },
    bundle: true,
    format: 'esm',
    minify: true,
    target,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    outdir: '/out',
    write: false,
    logLevel: 'warning',
  });
  return new Map(result.outputFiles.map((file) => [file.path.split('/').pop(), Buffer.from(file.contents)]));
}

function hashed(name, bytes) {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return name.replace(/\.(\w+)$/, `-${hash}.$1`);
}

/** Empties the folder of what an earlier build left there, and of nothing else. */
function prepare(out) {
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(out)) {
    if (name === 'index.html' || /-[0-9a-f]{12}\.(js|css|svg)$/.test(name)) rmSync(join(out, name));
  }
}

const { values } = parseArgs({ options: { out: { type: 'string', default: join(here, 'dist') }, quick: { type: 'boolean' } } });
const out = resolve(values.out);
if (!values.quick) typeCheck();
const assets = await bundle();
assets.set('icon.svg', readFileSync(join(here, 'src', 'icon.svg')));
prepare(out);
let page = readFileSync(join(here, 'src', 'index.html'), 'utf8');
for (const [name, bytes] of assets) {
  const file = hashed(name, bytes);
  writeFileSync(join(out, file), bytes);
  page = page.replaceAll(`{${name}}`, file);
}
writeFileSync(join(out, 'index.html'), page);
