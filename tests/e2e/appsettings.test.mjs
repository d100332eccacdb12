// The settings as shipped: appsettings.json writes the defaults out, so it may not drift from them, and Development changes
// what the quick start needs and nothing else.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { repository, runLull } from './support/lull.mjs';

// Key → value as `print-config` says them, without the source.
async function configuration(command, env) {
  const { code, stdout, output } = await runLull({ command: ['print-config', ...command], env });
  assert.equal(code, 0, output);
  const lines = [...stdout.matchAll(/^([A-Za-z0-9:]+) = (.*?) *\([^()]*\)$/gm)];
  assert.ok(lines.length > 30, stdout);
  return Object.fromEntries(lines.map(([, key, value]) => [key, value]));
}

suite('the settings as shipped', () => {
  it('appsettings.json says what the defaults are', async () => {
    assert.deepEqual(await configuration([`--contentRoot=${repository}`]), await configuration([]));
  });

  it('appsettings.Development.json allows loopback on any port and retries soon, and changes nothing else', async () => {
    const shipped = await configuration([`--contentRoot=${repository}`]);
    const development = await configuration([`--contentRoot=${repository}`], { DOTNET_ENVIRONMENT: 'Development' });
    assert.deepEqual(development, {
      ...shipped,
      'Egress:AllowedNetworks': '127.0.0.0/8,::1/128',
      'Egress:AllowedPorts': '1-65535',
      'Delivery:Retry:Schedule': '00:00:01,00:00:03',
    });
  });
});
