// Everything that a suite starts is registered here and goes away with the suite, also when a test fails or the
// runner is interrupted: no process, no socket and no file may outlive the tests.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe } from 'node:test';

const deferred = [];
const directories = new Set();
const pids = new Set();

/** A test suite that takes down, in reverse order, what was started in it. */
export function suite(name, body) {
  describe(name, () => {
    body();
    after(stopEverything);
  });
}

/** Runs `action` when the suite ends. */
export function defer(action) {
  deferred.push(action);
}

export function track(child) {
  pids.add(child.pid);
  child.once('exit', () => pids.delete(child.pid));
  return child;
}

/** A fresh directory, removed at the end; the name is short because unix socket paths have to be. */
export function temporaryDirectory(kind = 'e2e') {
  const path = mkdtempSync(join(tmpdir(), `lull-${kind}-`));
  directories.add(path);
  return path;
}

/** Process ids of the redis-servers that work in `directory` (a managed one survives a kill -9 of its Lull). */
export function redisServersIn(directory) {
  const found = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (!readFileSync(`/proc/${entry}/comm`, 'utf8').startsWith('redis')) continue;
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      const cwd = readlinkSync(`/proc/${entry}/cwd`);
      const inside = cwd === directory || cwd.startsWith(`${directory}/`) || line.includes(`${directory}/`);
      // An ended child that nobody has waited for yet still has an entry.
      const state = readFileSync(`/proc/${entry}/stat`, 'utf8').replace(/^.*\) /, '')[0];
      if (inside && state !== 'Z') found.push(Number(entry));
    } catch {
      // The process ended while we looked at it.
    }
  }
  return found;
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

function killAndRemove() {
  for (const pid of pids) kill(pid);
  pids.clear();
  for (const directory of directories) {
    for (const pid of redisServersIn(directory)) kill(pid);
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // A killed redis-server may still be writing: once more, by the tool that does not mind.
      execFileSync('rm', ['-rf', directory]);
    }
  }
  directories.clear();
}

export async function stopEverything() {
  while (deferred.length > 0) await deferred.pop()();
  killAndRemove();
}

process.on('exit', killAndRemove);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
