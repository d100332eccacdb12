// A service that cannot work as told says so, in one message that names everything, and ends within seconds.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { defer, suite, temporaryDirectory } from './support/cleanup.mjs';
import { runLull, startLull } from './support/lull.mjs';
import { freePort } from './support/redis.mjs';

/** Runs `serve` and expects it to fail in seconds, saying all of `said`. */
async function fails(options, ...said) {
  const { code, signal, output, ms } = await runLull({ ...options, settings: { Urls: `http://127.0.0.1:${await freePort()}`, ...options.settings } });
  assert.equal(signal, null, output);
  assert.notEqual(code, 0, output);
  assert.ok(ms < 6_000, `it took ${ms} ms`);
  for (const text of said) assert.ok(text instanceof RegExp ? text.test(output) : output.includes(text), `${text} in: ${output}`);
  return output;
}

const bad = {
  'Debouncing:Interval': 'soon',
  'Delivery:MaxConcurrency': '0',
  'Delivery:Transport': 'Pigeon',
  'Delivery:PermanentStatuses': '99',
  'Delivery:Retry:Jitter': '7',
  'Egress:AllowedNetworks': '10.0.0.0/33',
  'Egress:AllowedPorts': '70000',
  'Notifications:IdField': 'Nothing',
  'Redis:AppendFsync': 'sometimes',
  'Logging:Format': 'Xml',
};

suite('start errors', () => {
  it('name every bad value, where it came from and what is allowed, in one message', async () => {
    const output = await fails({ settings: bad, env: { Delivery__MaxAge: '-00:00:01' } }, 'Delivery:MaxAge', '-00:00:01', /Delivery__MaxAge|environment/i);
    for (const [key, value] of Object.entries(bad)) {
      assert.ok(output.includes(key), `${key} in: ${output}`);
      assert.ok(output.includes(value), `${value} in: ${output}`);
    }
    assert.match(output, /Native/);
    assert.match(output, /command.?line/i);
  });

  it('come from print-config just the same', async () => {
    const { code, output } = await runLull({ command: ['print-config'], settings: bad });
    assert.notEqual(code, 0);
    for (const key of Object.keys(bad)) assert.ok(output.includes(key), `${key} in: ${output}`);
  });

  for (const [what, settings, ...said] of [
    ['a MaxWait below the interval', { 'Debouncing:Interval': '00:00:10', 'Debouncing:MaxWait': '00:00:05' }, 'Debouncing:MaxWait'],
    ['a negative duration', { 'Debouncing:Interval': '-00:00:05' }, 'Debouncing:Interval'],
    ['Managed together with a connection string', { 'Redis:Mode': 'Managed', 'Redis:ConnectionString': '127.0.0.1:6379' }, 'Redis:Mode', 'Redis:ConnectionString'],
    ['External without a connection string', { 'Redis:Mode': 'External' }, 'Redis:ConnectionString'],
    ['no authentication on an address that is not loopback', { Urls: 'http://0.0.0.0:18080' }, /Authentication:(Mode|AllowAnonymous)/],
    ['no authentication on any address', { Urls: 'http://*:18080' }, /Authentication:(Mode|AllowAnonymous)/],
    ['ApiKey without keys', { 'Authentication:Mode': 'ApiKey' }, 'Authentication:ApiKeys'],
    ['a key hash that is none', { 'Authentication:Mode': 'ApiKey', 'Authentication:ApiKeys:0:Name': 'a', 'Authentication:ApiKeys:0:Sha256': 'abc',
      'Authentication:ApiKeys:0:Roles': 'Integration_Endpoints_View' }, 'Authentication:ApiKeys:0:Sha256'],
    ['an unknown role', { 'Authentication:Mode': 'ApiKey', 'Authentication:ApiKeys:0:Name': 'a', 'Authentication:ApiKeys:0:Sha256': 'a'.repeat(64),
      'Authentication:ApiKeys:0:Roles': 'Integration_Everything' }, 'Authentication:ApiKeys:0:Roles', 'Integration_Everything'],
    ['a bad URL to listen on', { Urls: 'ftp://localhost' }, 'Urls'],
    ['two change types of one value', { 'ChangeTypes:0:Name': 'A', 'ChangeTypes:0:Value': '1', 'ChangeTypes:0:IdName': 'Id', 'ChangeTypes:0:Events:0': 'X',
      'ChangeTypes:1:Name': 'B', 'ChangeTypes:1:Value': '1', 'ChangeTypes:1:IdName': 'Id', 'ChangeTypes:1:Events:0': 'Y' }, 'ChangeTypes:1'],
  ]) {
    it(`refuse ${what}`, () => fails({ settings }, ...said));
  }

  it('give line and column of broken JSON', async () => {
    const cwd = temporaryDirectory('cwd');
    writeFileSync(join(cwd, 'appsettings.json'), '{\n  "Debouncing": {\n    "Interval": "00:00:05"\n    "MaxWait": "00:01:00"\n  }\n}\n');
    await fails({ cwd }, 'appsettings.json', /line\s*4|:4:\d+/i, /col(umn)?\s*\d+|:4:\d+/i);
  });

  it('refuse a setting of the wrong kind in a file', async () => {
    const cwd = temporaryDirectory('cwd');
    writeFileSync(join(cwd, 'appsettings.json'), '{ "Delivery": { "MaxConcurrency": {"a": 1}, "Timeout": true } }');
    await fails({ cwd }, 'Delivery:Timeout', 'appsettings.json');
  });

  it('name a port in use', async () => {
    const holder = createServer();
    await new Promise((resolve) => { holder.listen(0, '127.0.0.1', resolve); });
    defer(() => new Promise((resolve) => { holder.close(resolve); }));
    const { port } = holder.address();
    await fails({ settings: { Urls: `http://127.0.0.1:${port}`, 'Redis:DataDirectory': temporaryDirectory('data') } }, `${port}`, /use/i);
  });

  it('do not let two services share a port silently', async () => {
    const lull = await startLull();
    await fails({ settings: { Urls: lull.origin, 'Redis:DataDirectory': temporaryDirectory('data') } }, `${lull.port}`);
  });

  it('name an unknown command and an unknown option', async () => {
    for (const command of [['sevre'], ['print-config', '--nonsense']]) {
      const { code, output } = await runLull({ command });
      assert.notEqual(code, 0, output);
      assert.notEqual(output, '');
    }
  });

  it('name a managed Redis that cannot be started', async () => {
    await fails({ env: { PATH: '/nonexistent' }, settings: { 'Redis:DataDirectory': temporaryDirectory('data') } }, /redis-server/);
    await fails({ settings: { 'Redis:DataDirectory': '/proc/nothing/here' } }, '/proc/nothing', 'Redis:DataDirectory');
  });
});
