// A setting that looks like a mistake, but may be none, is warned of in one line with the full key.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { freePort } from './support/redis.mjs';

suite('settings that are warned of', () => {
  let lull;
  before(async () => {
    const cwd = temporaryDirectory('cwd');
    writeFileSync(join(cwd, 'appsettings.json'), `{
      // Comments and trailing commas are what operators are used to.
      "Delivery": { "MaxAge": "96:00:00", "Tiemout": "00:00:07", },
      "DeadLetters": { "Retention": "30" },
      "Serilog": { "Using": ["Serilog.Sinks.Console"] },
      "AllowedHosts": "*",
    }`);
    const port = await freePort();
    lull = await startLull({ cwd, port, env: { Authentication__AllowAnonymous: 'true' },
      settings: { Urls: `http://0.0.0.0:${port}`, 'Debouncing:Intervall': '00:00:01' } });
  });
  const warnings = (key) => lull.log.filter((line) => JSON.stringify(line).includes('Warning') && JSON.stringify(line).includes(key));

  it('hours over 23 are days, as in .NET', () => assert.equal(warnings('Delivery:MaxAge').length, 1, lull.output));
  it('a lone number is days, as in .NET', () => assert.equal(warnings('DeadLetters:Retention').length, 1, lull.output));
  it('an unknown key of ours, with the nearest name', () => {
    assert.ok(warnings('Delivery:Tiemout').some((line) => JSON.stringify(line).includes('Delivery:Timeout')), lull.output);
    assert.ok(warnings('Debouncing:Intervall').some((line) => /Debouncing:Interval[^l]/.test(JSON.stringify(line))), lull.output);
  });
  it('anonymous access from anywhere', () => assert.notEqual(warnings('Authentication:AllowAnonymous').length, 0, lull.output));
  it('but not the sections of others', () => assert.doesNotMatch(lull.output, /Serilog|"AllowedHosts/));
});
