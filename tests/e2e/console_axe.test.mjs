// Every page of the console for everybody: no violation of WCAG 2.2 AA that axe-core can find, in light and in dark, and
// nothing that has to be pushed sideways.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { desk, emulate, wrongWith } from './support/axe.mjs';
import { suite } from './support/cleanup.mjs';
import { openConsole, startBrowser, startBusyLull } from './support/console.mjs';
import { startLull } from './support/lull.mjs';

/** The colours in force, as the style sheet names them. */
const colours = (page) => page.evaluate(() => {
  const style = getComputedStyle(document.documentElement);
  const names = ['page', 'sheet', 'text', 'accent', 'bad', 'line'];
  return JSON.stringify([style.colorScheme, ...names.map((name) => style.getPropertyValue(`--${name}`))]);
});

const row = (name) => (page) => page.getByRole('row', { name }).first();
const text = (words) => (page) => page.getByText(words).first();
const press = (name) => async (page) => {
  await page.getByRole('button', { name }).first().click();
  await page.getByRole('dialog').waitFor();
};

/** Each page: its place, what shows that it is all there, and what is done to it first. */
const pagesOf = ({ ids, letter }) => [
  ['', row(/crm Outbox/)],
  ['endpoints', row(/Search/)],
  ['endpoints', row(/Search/), press('Explain an event')],
  ['endpoints?form=new', (page) => page.getByRole('checkbox', { name: /AssetChanged/ }), async (page) => {
    // Everything that can be opened is, and what is wrong is marked.
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('alert').first().waitFor();
  }],
  [`endpoints/${ids.good}`, (page) => page.getByRole('listitem').getByText('delivered', { exact: true }).first()],
  [`endpoints/${ids.good}`, text('Registration'), press('Secret…')],
  [`endpoints/${ids.good}`, text('Registration'), press('Delete…')],
  [`endpoints/${ids.good}`, text('Registration'), press('Replay…')],
  [`endpoints/${ids.good}`, text('Registration'), press('Send a test')],
  [`endpoints/${ids.down}`, row(/AssetChanged/)],
  [`endpoints/${ids.ordered}`, row(/AssetChanged/)],
  [`endpoints/${ids.paused}`, row(/AssetChanged/)],
  [`endpoints/${ids.mailbox}`, row(/TreeValueChanged 1/)],
  [`endpoints/${ids.mailbox}`, row(/TreeValueChanged 1/), press(/^Unlock all/)],
  [`endpoints/${ids.mailbox}`, row(/TreeValueChanged 1/), press('Purge the mailbox…')],
  [`endpoints/${ids.good}?form=edit`, (page) => page.getByRole('button', { name: 'Save' })],
  ['dead-letters', row(/400 from Warehouse/)],
  ['dead-letters', row(/400 from Warehouse/), press(/^Retry 400 from Warehouse/)],
  ['dead-letters?view=list', row(/AssetChanged 1/), (page) => page.getByRole('checkbox', { name: /^Choose AssetChanged 1/ }).check()],
  [`dead-letters?view=list&letter=${letter}`, text('What was sent')],
  ['windows', row(/4711/)],
  ['windows', row(/4711/), press('Fire all now…')],
  ['items', text('Enter the id')],
  ['items?changeType=1&itemId=1', text('Open the letter')],
  ['jobs', row(/failed again/)],
  ['live', row(/Warehouse/)],
  ['settings', row(/Debouncing:Interval/)],
  ['nowhere', text('There is no such page')],
];

const emptyPages = [
  ['', text('Nobody is told yet')],
  ['endpoints', text('No endpoint is registered.')],
  ['dead-letters', text('No dead letters.')],
  ['dead-letters?view=list', text('No dead letters.')],
  ['windows', text('No window is open')],
  ['jobs', text('No job has run.')],
  ['live', text('Nothing is being attempted.')],
];

suite('each page of the console', () => {
  let busy;
  let empty;
  let browser;
  before(async () => {
    browser = await startBrowser();
    [busy, empty] = await Promise.all([startBusyLull(), startLull()]);
  });

  const tab = (lull) => openConsole(browser, lull, '', { colorScheme: 'light', viewport: { width: desk, height: 900 } });

  /** Shows each page anew, so that no dialog of an earlier one is left. */
  async function walk(view, pages) {
    const wrong = [];
    for (const [place, whole, prepare] of pages) {
      await view.open('nowhere');
      await view.heading('There is no such page').waitFor();
      await view.open(place);
      await whole(view.page).waitFor();
      await prepare?.(view.page);
      await view.page.getByText('Loading…').waitFor({ state: 'hidden' });
      wrong.push(...(await wrongWith(view.page)).map((what) => `#/${place}, ${what}`));
      if (prepare) await view.page.keyboard.press('Escape');
    }
    await view.close(/status of 400 /);
    return wrong;
  }

  it('keeps to WCAG 2.2 AA and to the width of its window', async () => {
    const pages = pagesOf(busy);
    const walks = [0, 1].map(async (half) => {
      const view = await tab(busy.lull);
      await view.page.getByLabel('API key', { exact: true }).waitFor();
      const signIn = half === 0 ? (await wrongWith(view.page)).map((what) => `the sign-in, ${what}`) : [];
      await view.signInWithKey('ops');
      await view.button('Sign out').waitFor();
      return [...signIn, ...await walk(view, pages.filter((_, at) => at % 2 === half))];
    });
    assert.deepEqual((await Promise.all(walks)).flat(), []);
  });

  it('does so while there is nothing to show', async () => {
    assert.deepEqual(await walk(await tab(empty), emptyPages), []);
  });

  it('has the same colours by the switch as by the system, and keeps the choice', async () => {
    const view = await tab(empty);
    const { page } = view;
    await view.heading('Nobody is told yet').waitFor();
    const light = await colours(page);
    await emulate(page, 'dark');
    const dark = await colours(page);
    assert.notEqual(dark, light);
    const choice = page.getByLabel('Colours');
    await choice.selectOption('Light');
    assert.equal(await colours(page), light);
    await page.emulateMedia({ colorScheme: 'light' });
    await choice.selectOption('Dark');
    assert.equal(await colours(page), dark);
    await page.reload();
    await view.heading('Nobody is told yet').waitFor();
    assert.equal(await colours(page), dark);
    await choice.selectOption('As the system');
    assert.equal(await colours(page), light);
    await view.close();
  });
});
