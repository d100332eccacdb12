// Who may do what in the console, and how people come in and go out: keys, roles, and credentials that are refused.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { keyOf, keySettings, openConsole, startBrowser } from './support/console.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { assetChanged } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const roles = {
  viewer: ['Endpoints_View'],
  ada: ['Endpoints_Own'],
  ops: ['Endpoints_CRUD', 'Events_Publish'],
  sender: ['Events_Publish'],
};
const as = (who) => ({ 'X-Api-Key': keyOf(who) });
const letters = 40;

/** What anybody may press: it changes nothing but what this browser shows. */
const harmless = [/^Sign out$/, /^Skip to the page$/, /^Explain an event$/, /^Would it be told\?$/, /^Hold still$/, /^Copy /, /^Tell its story$/,
  /^Previous$/, /^Next$/, /^Close$/, /^Show all$/];

suite('what the console offers', () => {
  let browser;
  let lull;
  let ids;
  let letter;

  before(async () => {
    browser = await startBrowser();
    const sink = await startSink(() => ({ status: 400 }));
    lull = await startLull({ settings: { ...keySettings(roles), 'Debouncing:Interval': '01:00:00', 'Debouncing:MaxWait': '02:00:00' } });
    const register = async (who, name, more) =>
      expectStatus(await lull.post('/endpoints', { name, url: `${sink.url}/${who}`, changeTypes: 1, ...more }, as(who)), 201).id;
    ids = {
      warehouse: await register('ops', 'Warehouse'),
      shop: await register('ada', "Ada's shop"),
      paused: await register('ops', 'Archive', { enabled: false }),
    };
    const publish = (events) => lull.post('/events', events, as('ops')).then((reply) => expectStatus(reply, 202));
    await publish(Array.from({ length: letters }, (_, index) => assetChanged(index + 1)));
    await lull.post('/windows/flush', undefined, as('ops'));
    const all = async () => (await lull.get('/dead-letters', as('ops'))).json;
    await waitFor('the letters of two endpoints', async () => (await all()).total === 2 * letters);
    letter = (await all()).items.find(({ endpointId }) => endpointId === ids.warehouse).id;
    await publish([assetChanged(4711)]);
    // It runs for as long as the tests look, so that there is a job to cancel.
    expectStatus(await lull.post('/jobs', { action: 'retry', endpointId: ids.warehouse, ratePerSecond: 1 }, as('ops')), 202);
  });

  /** A tab in which `who` has signed in. */
  async function signedIn(who) {
    const view = await openConsole(browser, lull);
    await view.signInWithKey(who);
    await view.button('Sign out').waitFor();
    return view;
  }

  /** The places, each with something that shows that it is all there, and what a manager is offered. */
  const places = () => [
    ['', ({ page }) => page.getByRole('row', { name: /Warehouse/ }), []],
    ['endpoints', ({ page }) => page.getByRole('row', { name: /Archive/ }), [/^Register an endpoint$/]],
    ['endpoints?form=new', ({ page }) => page.getByRole('heading', { level: 1 }), [/^Register$/]],
    [`endpoints/${ids.paused}`, ({ page }) => page.getByRole('row', { name: /AssetChanged/ }).first(),
      [/^Resume$/, /^Send a test$/, /^Replay…$/, /^Secret…$/, /^Edit$/, /^Delete…$/, /^Purge the queue…$/, /^Purge AssetChanged \d+…$/]],
    [`endpoints/${ids.warehouse}`, ({ page }) => page.getByRole('listitem').getByText('refused for good').first(), [/^Retry now$/, /^Pause…$/]],
    [`endpoints/${ids.warehouse}?form=edit`, ({ page }) => page.getByRole('heading', { level: 1 }), [/^Save$/]],
    ['dead-letters', ({ page }) => page.getByRole('row', { name: /400 from Warehouse/ }), [/^Retry 400 from Warehouse/, /^Purge 400 from Warehouse/]],
    ['dead-letters?view=list', ({ page }) => page.getByRole('row', { name: /AssetChanged 40/ }).first(),
      [/^Retry all that fit…$/, /^Purge all that fit…$/]],
    [`dead-letters?view=list&letter=${letter}`, ({ page }) => page.getByRole('heading', { name: 'What was sent' }),
      [/^Retry 1 letter…$/, /^Purge 1 letter…$/]],
    ['windows', ({ page }) => page.getByRole('row', { name: /AssetChanged 4711/ }), [/^Fire all now…$/, /^Fire now\b.*AssetChanged 4711/]],
    ['items?changeType=1&itemId=1', ({ page }) => page.getByRole('link', { name: 'Warehouse' }), []],
    ['live', ({ page }) => page.getByRole('row', { name: /Warehouse/ }).first(), []],
    ['jobs', ({ page }) => page.getByText('running', { exact: true }), [/^Cancel the job/]],
    ['settings', ({ page }) => page.getByRole('row', { name: /Debouncing:Interval/ }), []],
  ];

  /** What can be pressed, links that look like buttons included, as a screen reader names it. */
  async function offers({ page }) {
    const tree = await page.locator('body').ariaSnapshot();
    const named = [...tree.matchAll(/^\s*- '?(?:button|checkbox|link) "((?:[^"\\]|\\.)*)"/gm)].map(([, name]) => name);
    return named.filter((name) => name !== '');
  }

  it('to somebody with the View role has no button, box or link that changes anything', async () => {
    const [viewer, manager] = [await signedIn('viewer'), await signedIn('ops')];
    for (const [place, whole, expected] of places()) {
      await Promise.all([viewer, manager].map(async (view) => {
        await view.open(place);
        // The viewer is shown no form: the list or the endpoint is there instead.
        await whole(view).waitFor();
      }));
      const offered = await waitFor(`${place} offers ${expected}`, async () => {
        const names = await offers(manager);
        return expected.every((pattern) => names.some((name) => pattern.test(name))) && names;
      }).catch((error) => { throw new Error(`${error.message}: ${manager.errors}`); });
      assert.ok(offered.length > 0);
      const seen = await offers(viewer);
      for (const pattern of expected) assert.deepEqual(seen.filter((name) => pattern.test(name)), [], `${place} as a viewer`);
      const buttons = await viewer.page.getByRole('button')
        .evaluateAll((all) => all.map((button) => button.getAttribute('aria-label') ?? button.textContent.trim()));
      assert.deepEqual(buttons.filter((name) => !harmless.some((pattern) => pattern.test(name))), [], `buttons of ${place}`);
      if (expected.length > 0) assert.equal(await viewer.page.getByRole('checkbox').count(), 0, `boxes of ${place}`);
    }
    await Promise.all([viewer.close(), manager.close()]);
  });

  it('to somebody who has the Own role is about their endpoints only', async () => {
    const ada = await signedIn('ada');
    const { page } = ada;
    await ada.heading('1 endpoint needs you').waitFor();
    await ada.row("Ada's shop").waitFor();
    assert.deepEqual(await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts(),
      ['Overview', 'Endpoints', 'Dead letters', 'Windows', 'Items', 'Live', 'Jobs']);
    for (const place of ['endpoints', 'dead-letters', 'dead-letters?view=list', 'items?changeType=1&itemId=1', 'live', '']) {
      await ada.open(place);
      await page.getByRole('main').getByText("Ada's shop").first().waitFor();
      assert.equal(await page.getByRole('main').getByText(/Warehouse|Archive/).count(), 0, place);
    }
    await ada.open('jobs');
    await page.getByText('No job has run.').waitFor();
    await ada.open('windows');
    await page.getByRole('row', { name: /AssetChanged 4711/ }).or(page.getByText(/No window/)).first().waitFor();
    assert.equal(await page.getByRole('button', { name: /^Fire/ }).count(), 0, 'windows are everybody\'s');
    await ada.open('settings');
    await ada.heading('There is no such page').waitFor();
    ada.expectClean();
    await ada.open(`endpoints/${ids.warehouse}`);
    await ada.heading('There is no such endpoint').waitFor();
    await ada.open(`endpoints/${ids.shop}`);
    await ada.button('Delete…').waitFor();
    await ada.close(/status of 404 /);
  });

  it('to somebody who may only publish is a word on what role to ask for', async () => {
    const view = await signedIn('sender');
    await view.heading('Nothing to see with this credential').waitFor();
    await view.close();
  });

  it('needs a key: a wrong one is refused at its field, a good one outlives a reload, and signing out forgets it', async () => {
    const view = await openConsole(browser, lull, 'endpoints');
    const { page } = view;
    const stored = () => page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href]));
    await view.signInWithKey('nobody');
    const field = page.getByLabel('API key', { exact: true });
    await waitFor('the field is marked', () => field.evaluate((input) => input.ariaInvalid === 'true'));
    assert.equal(await view.heading('Endpoints').count(), 0);
    await view.signInWithKey('viewer');
    await view.heading('Endpoints').waitFor();
    assert.ok((await stored()).includes(keyOf('viewer')));
    await page.reload();
    await view.heading('Endpoints').waitFor();
    await view.button('Sign out').click();
    await field.waitFor();
    assert.equal(await field.inputValue(), '');
    assert.ok(!(await stored()).includes(keyOf('viewer')), 'nothing of the key is left');
    await page.reload();
    await field.waitFor();
    await view.close(/status of 401 /);
  });

  it('is forgotten by a reload where the key was not to be kept', async () => {
    const view = await openConsole(browser, lull, 'endpoints');
    await view.page.getByRole('checkbox', { name: /^Keep it until this tab is closed/ }).uncheck();
    await view.signInWithKey('viewer');
    await view.heading('Endpoints').waitFor();
    assert.equal(await view.page.evaluate(() => sessionStorage.length + localStorage.length), 0);
    await view.page.reload();
    await view.page.getByLabel('API key', { exact: true }).waitFor();
    await view.close();
  });
});
