// Sources in the console: how each is, how far behind, and a run at once for those who may.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { failingSource, keyOf, keySettings, openConsole, startBrowser } from './support/console.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { startRedis } from './support/redis.mjs';
import { register } from './support/scenario.mjs';
import { waitFor } from './support/wait.mjs';

suite('the console, with sources', () => {
  let browser;
  let redis;
  let lull;
  before(async () => {
    [browser, redis] = await Promise.all([startBrowser(), startRedis()]);
    const roles = { ops: ['Endpoints_CRUD'], eyes: ['Endpoints_View'] };
    lull = await startLull({ redis, settings: { ...failingSource, ...keySettings(roles) }, headers: { 'X-Api-Key': keyOf('ops') } });
    await register(lull, 'http://127.0.0.1:9/hook', { name: 'Shop', enabled: false, changeTypes: 8 });
  });

  async function overviewOf(who) {
    const view = await openConsole(browser, lull);
    await view.signInWithKey(who);
    await view.row('crm').waitFor();
    return view;
  }
  const cell = (view, name) => view.row('crm').locator(`[data-label="${name}"]`);
  const shows = (view, name, pattern) => waitFor(`${name}: ${pattern}`, async () => pattern.test(await cell(view, name).textContent()));
  const runs = async () => expectStatus(await lull.get('/stats'), 200).sources[0].failures;

  it('shows how a source is, and why', async () => {
    const view = await overviewOf('ops');
    await view.heading('1 source needs you').waitFor();
    await shows(view, 'State', /^failing$/);
    await shows(view, 'Source', /^crm Outbox$/);
    await shows(view, 'Last error', /^The database cannot be reached: .*None/);
    await shows(view, 'Last run', /just now|ago$/);
    await shows(view, 'Behind', /^unknown$/);
    await shows(view, 'Admitted', /^0$/);
    await redis.command('HSET', '{lull:00}:sources', 'crm|oldest', `${Date.now() - 150_000}`, 'crm|admitted', '12045');
    await shows(view, 'Behind', /^2 min$/);
    await shows(view, 'Admitted', /^12[^0-9]?045$/);
    await view.close();
  });

  it('has it run at once', async () => {
    const view = await overviewOf('ops');
    const before = await runs();
    await view.button('Run now: crm').click();
    await view.page.getByText('crm is being read.').waitFor();
    assert.equal(view.asked.filter((call) => call === 'POST /api/v1/sources/crm/run').length, 1);
    await waitFor('it has run', async () => await runs() > before);
    await view.close();
  });

  it('offers that to nobody who may only look', async () => {
    const view = await overviewOf('eyes');
    assert.equal(await view.button('Run now: crm').count(), 0);
    await view.close();
  });
});
