// Runs a walk of the README. A walk is what stands between `<!-- test:NAME -->` and `<!-- /test:NAME -->`; its blocks
// marked ```sh are run by bash in their order, in the repository, with a HOME of their own and shared shell state as one
// terminal has. A block right behind `<!-- test:background URL -->` is another terminal: it is left running, and the walk
// goes on when URL answers (any status). At `<!-- test:stop URL -->` that terminal gets Ctrl-C.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defer, temporaryDirectory, track } from './cleanup.mjs';
import { request } from './http.mjs';
import { binary, repository } from './lull.mjs';
import { waitFor, within } from './wait.mjs';

/** The blocks of a walk: `{script, background}`, `background` being the URL to wait for; or `{stop}`, the URL of a terminal to end. */
export function blocksOf(text, name) {
  const walk = new RegExp(`<!-- test:${name} -->([^]*?)<!-- /test:${name} -->`).exec(text)?.[1];
  if (walk === undefined) throw new Error(`the README has no walk <!-- test:${name} -->`);
  const pattern = /<!-- test:stop (\S+) -->|(?:<!-- test:background (\S+) -->\s*)?^```sh[^\n]*\n([^]*?)^```/gm;
  return [...walk.matchAll(pattern)].map(([, stop, background, script]) => ({ stop, background, script }));
}

/**
 * Runs the walk and then waits for `until`; then the walk `then`, with everything of the first one still running, and so on.
 * @returns {{output: string, background: string}} what was printed
 */
export async function walkThrough(name, { until, then, timeout = 600_000 }) {
  const home = temporaryDirectory('home');
  const printed = { output: '', background: '' };
  // The walk runs in the repository itself; only its data must not stay there.
  const env = { PATH: `${dirname(binary)}:${process.env.PATH}`, HOME: home, LANG: 'C.UTF-8', Redis__DataDirectory: join(home, 'data') };
  const terminals = new Map();
  for (let walk = { name, until, then }; walk; walk = walk.then) await runWalk(walk, { env, printed, terminals, timeout });
  return printed;
}

async function runWalk({ name, until }, { env, printed, terminals, timeout }) {
  const blocks = blocksOf(readFileSync(join(repository, 'README.md'), 'utf8'), name);
  if (blocks.length === 0) throw new Error(`the walk ${name} has no commands`);
  let earlier = '';
  for (const { stop, script, background } of blocks) {
    if (stop) {
      const { child, ended } = terminals.get(stop);
      process.kill(-child.pid, 'SIGINT');
      await within(15_000, `the terminal of ${stop} ends`, ended);
    } else if (background) {
      const taken = await request('GET', background).then(() => true, () => false);
      if (taken) throw new Error(`something that this walk did not start answers at ${background}`);
      terminals.set(background, start(script, env, (text) => { printed.background += text; }));
      // A service that is not ready yet says so with 503.
      await waitFor(`${background} answers`, async () => (await request('GET', background)).status !== 503, { timeout })
        .catch((error) => { throw new Error(`${error.message}\n${printed.background}`); });
    } else {
      // One terminal: variables that an earlier block set are still there.
      const state = join(env.HOME, 'terminal');
      const { child, text } = start(`${earlier}set -e\n${script}\ndeclare -p > ${state}`, env);
      const code = await within(timeout, `the block ends:\n${script}`, new Promise((resolve) => child.once('close', resolve)));
      printed.output += text();
      if (code !== 0) throw new Error(`exit code ${code} of:\n${script}\n${text()}`);
      earlier = `. ${state} 2>/dev/null || true\n`;
    }
  }
  await waitFor('what the walk leads to', () => until(printed), { timeout: 15_000 })
    .catch((error) => { throw new Error(`${error.message}\n${printed.output}\n${printed.background}`); });
}

function start(script, env, onText = () => {}) {
  let all = '';
  // A process group of its own, so that what bash starts ends with it.
  const child = track(spawn('bash', ['-c', script], { cwd: repository, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] }));
  const ended = new Promise((resolve) => child.once('close', resolve));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => { all += text; onText(text); });
  }
  defer(async () => {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {
      return; // Ended already.
    }
    await within(15_000, 'a terminal of the README ends', ended).catch(() => process.kill(-child.pid, 'SIGKILL'));
  });
  return { child, ended, text: () => all };
}
