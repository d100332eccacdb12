// Mailboxes in the console: made by the lines that it shows, seen among the endpoints, unlocked, purged and paused.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, it } from 'node:test';
import { promisify } from 'node:util';
import { suite } from './support/cleanup.mjs';
import { keyOf, keySettings, openConsole, startBrowser } from './support/console.mjs';
import { expectProblem } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { faces } from './support/mailboxes.mjs';
import { assetChanged, publish, register } from './support/scenario.mjs';
import { waitFor } from './support/wait.mjs';

const run = promisify(execFile);
const as = (who) => ({ 'X-Api-Key': keyOf(who) });

suite('the console, with mailboxes', () => {
  let browser;
  let lull;
  let rest;
  let view;
  let page;
  let id;
  before(async () => {
    browser = await startBrowser();
    lull = await startLull({ pathBase: '/pim' });
    rest = faces.REST(lull);
    view = await openConsole(browser, lull, 'endpoints?form=new');
    page = view.page;
  });
  const figure = (name) => page.locator('.figure', { has: page.getByText(name, { exact: true }) }).getByRole('definition');
  const shows = (name, value) => waitFor(`${name}: ${value}`, async () => await figure(name).textContent() === value);
  const state = (item) => view.row(`AssetChanged ${item}`).getByRole('cell').first().textContent();
  const stateIs = (item, word) => waitFor(`${item} is ${word}`, async () => await state(item) === word);
  /** Runs a line that the page shows, as a person would who copied it. */
  async function runLine(what, env = {}) {
    const line = await page.getByLabel(what, { exact: true }).textContent();
    const { stdout } = await run('bash', ['-c', line], { env: { PATH: process.env.PATH, ...env } });
    return stdout;
  }

  it('whoever registers an endpoint is told how a mailbox is made, by lines that work', async () => {
    await page.getByText('A receiver that cannot be called: a mailbox').click();
    const made = JSON.parse(await runLine('the line that makes a mailbox'));
    assert.equal(made.name, 'my mailbox');
    id = made.id;
    assert.equal(await runLine('the line that subscribes', { ID: id }), '');
    assert.deepEqual(await rest.must(rest.subscriptions(id)), [{ topic: 'AssetChanged', scope: null }]);
    const waits = runLine('the line that waits for a message', { ID: id });
    await publish(lull, assetChanged('first'));
    assert.equal(JSON.parse(await waits).next.topic, 'AssetChanged');
    await rest.take(id);
  });

  it('stands among the endpoints, with what it holds; a search by name finds it, one by address does not', async () => {
    await register(lull, 'http://127.0.0.1:9/hook', { name: 'Beside', enabled: false, changeTypes: 8 });
    await publish(lull, [1, 2, 3].map((itemId) => assetChanged(itemId)));
    await rest.must(rest.lock(id, await rest.next(id), 600));
    await view.open('endpoints');
    const row = view.row('my mailbox');
    await row.getByText(/^Mailbox · oldest message \d+ s · 1 locked$/).waitFor();
    await row.getByRole('cell', { name: '3', exact: true }).waitFor();
    await view.row('http://127.0.0.1:9/hook').waitFor();
    for (const [search, found, missing] of [['my mail', 'my mailbox', 'Beside'], ['127.0.0.1', 'Beside', 'my mailbox']]) {
      await page.getByLabel('Search', { exact: true }).fill(search);
      await view.row(missing).waitFor({ state: 'detached' });
      await view.row(found).waitFor();
    }
    await view.open('endpoints');
    await page.getByRole('link', { name: 'my mailbox' }).click();
    await view.heading('my mailbox').waitFor();
  });

  it('shows its subscriptions, its messages and its locks, and offers nothing that only a webhook has', async () => {
    await page.getByText('AssetChanged of any scope').waitFor();
    for (const [name, value] of [['In the queue', '3'], ['Locked', '1'], ['Calls that wait here', '0']]) await shows(name, value);
    await stateIs(1, 'locked');
    await stateIs(2, 'waiting');
    await view.row('AssetChanged 1').getByText(/^in (10 min|9 min)$/).waitFor();
    for (const name of ['Send a test', 'Secret…', 'Replay…', 'Retry now', 'Synchronize', 'Would it be told?']) assert.equal(await view.button(name).count(), 0, name);
    assert.equal(await page.getByRole('link', { name: 'Edit', exact: true }).count(), 0);
    assert.equal(await page.getByRole('heading', { name: 'Attempts' }).count(), 0);
    assert.equal(await page.getByText('undefined').count() + await page.getByText('null').count(), 0);
  });

  it('unlocks one message, or all of them, and says what that means for their clients', async () => {
    const second = await rest.next(id);
    const { lockId } = await rest.must(rest.lock(id, second, 600));
    await stateIs(2, 'locked');
    await view.button('Unlock AssetChanged 2…').click();
    const one = view.dialog('Unlock this message?');
    await one.getByText(/can confirm with it no more/).waitFor();
    await view.button('Unlock 1 message', one).click();
    await page.getByRole('status').getByText('1 message is unlocked.').waitFor();
    await stateIs(2, 'waiting');
    expectProblem((await rest.confirm(id, second, lockId)).reply, 409);
    await rest.must(rest.lock(id, second, 600));
    await shows('Locked', '2');
    await view.button('Unlock all…').click();
    await view.button('Unlock 2 messages', view.dialog('Unlock 2 messages?')).click();
    await page.getByRole('status').getByText('2 messages are unlocked.').waitFor();
    await shows('Locked', '0');
    assert.equal((await rest.take(id)).body.Data.ItemId, 1, 'in the old order');
  });

  it('is paused and resumed', async () => {
    await view.button('Pause…').click();
    const dialog = view.dialog('Pause my mailbox?');
    await dialog.getByText('Its client is given nothing meanwhile.').waitFor();
    await view.button('Pause', dialog).click();
    await page.getByText('What comes is kept, and its client is given nothing.').waitFor();
    assert.equal((await rest.must(rest.peek(id, 0))).next, null);
    await view.button('Resume').click();
    await page.getByText(/Its client confirmed a message/).waitFor();
    assert.ok(await rest.next(id));
  });

  it('is purged, one message or all', async () => {
    await view.button('Purge AssetChanged 2…').click();
    await view.button('Purge 1 message', view.dialog('Purge this message?')).click();
    await view.row('AssetChanged 2').waitFor({ state: 'detached' });
    await rest.must(rest.lock(id, await rest.next(id), 600));
    await stateIs(3, 'locked');
    await view.button('Purge the mailbox…').click();
    await view.button('Purge 1 message', view.dialog('Purge the mailbox?')).click();
    await page.getByText('Nothing waits for its client.').waitFor();
    await shows('In the queue', '0');
  });

  it('tells how many calls wait', async () => {
    const waits = [rest.peek(id, 60), faces.classic(lull).peek(id, 60)];
    await shows('Calls that wait here', '2');
    await publish(lull, assetChanged('wakes'));
    for (const seen of await Promise.all(waits)) assert.equal(seen.value?.count, 1);
    await shows('Calls that wait here', '0');
  });

  it('is deleted with its messages', async () => {
    await view.button('Delete…').click();
    await view.button('Delete it and cancel 1 message', view.dialog('Delete my mailbox?')).click();
    await view.heading('Endpoints').waitFor();
    expectProblem((await rest.peek(id, 0)).reply, 404);
    await view.close();
  });

  it('shows to whoever may only look what it takes, and offers nothing', async () => {
    const guarded = await startLull({ settings: keySettings({ ops: ['Endpoints_CRUD', 'Events_Publish'], guest: ['Endpoints_View'], till: ['Events_Receive'] }) });
    const till = faces.REST(guarded, as('till'));
    const box = await till.mailbox('Till', ['TreeValueChanged', 'AA']);
    await guarded.post('/events', { type: 'TreeValueCreated', itemId: 7, baseId: 1, scope: 'AA' }, as('ops'));
    await till.must(till.lock(box, await till.next(box), 600));
    for (const [who, takes, buttons] of [['guest', 'TreeValueChanged', 0], ['ops', 'TreeValueChanged of AA', 1]]) {
      const tab = await openConsole(browser, guarded, `endpoints/${box}`);
      await tab.signInWithKey(who);
      await tab.heading('Till').waitFor();
      await tab.page.getByText(takes, { exact: true }).waitFor();
      await tab.row('TreeValueChanged 7').getByText('locked', { exact: true }).waitFor();
      for (const name of ['Pause…', 'Unlock all…', 'Purge the mailbox…']) assert.equal(await tab.button(name).count(), buttons, `${who}: ${name}`);
      await tab.close();
    }
  });
});
