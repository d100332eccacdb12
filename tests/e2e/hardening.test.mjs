// What the compiler and the linker were asked to do against exploits, read from the binary that is shipped.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { binary, repository } from './support/lull.mjs';

const readelf = (...options) => execFileSync('readelf', ['--wide', ...options, binary], { encoding: 'utf8', maxBuffer: 1 << 28 });

suite('the binary', () => {
  it('loads at a random address, with its tables read-only before main', () => {
    assert.match(readelf('--file-header'), /Type:\s+DYN/);
    assert.match(readelf('--program-headers'), /GNU_RELRO/);
    assert.match(readelf('--dynamic'), /FLAGS_1.*\bNOW\b.*\bPIE\b/);
    assert.match(readelf('--program-headers'), /GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+RW\s/);
  });

  it('guards its stack, and the calls of the C library that write to buffers', () => {
    const symbols = readelf('--dyn-syms');
    assert.match(symbols, /__stack_chk_fail/);
    assert.match(symbols, /__(memcpy|memmove|snprintf|vsnprintf|read|recv|poll|fdelt)_chk/);
  });
});

suite('npm', () => {
  it('runs no script of a package, in whichever folder', () => {
    const listed = execFileSync('git', ['ls-files', '*package.json'], { cwd: repository, encoding: 'utf8' }).trim().split('\n');
    assert.ok(listed.length >= 3, `${listed}`);
    for (const folder of listed.map((file) => join(repository, dirname(file)))) {
      assert.ok(readdirSync(folder).includes('.npmrc'), folder);
      assert.match(readFileSync(join(folder, '.npmrc'), 'utf8'), /^ignore-scripts=true$/m, folder);
    }
  });
});
