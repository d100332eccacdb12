// What the console does without being told: it can be used without a mouse, a hidden tab asks nothing, its policies are
// strict, and it is small.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { suite } from './support/cleanup.mjs';
import { keyOf, openConsole, startBrowser, startBusyLull } from './support/console.mjs';
import { startLull } from './support/lull.mjs';
import { waitFor } from './support/wait.mjs';

const mostGzipped = 120 * 1024;

suite('the console', () => {
  let browser;
  let busy;
  before(async () => {
    browser = await startBrowser();
    busy = await startBusyLull();
  });

  async function signedIn(place, options) {
    const view = await openConsole(browser, busy.lull, place, options);
    await view.signInWithKey('ops');
    await view.button('Sign out').waitFor();
    return view;
  }

  const focused = (locator) => locator.evaluate((element) => element === document.activeElement).catch(() => false);

  /** Tab by Tab to what `locator` finds; whatever has the focus on the way shows that it has. */
  async function tabTo(page, locator) {
    await locator.waitFor();
    for (let steps = 0; steps < 80; steps += 1) {
      if (await focused(locator)) return;
      await page.keyboard.press('Tab');
      const plain = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === document.body) return null;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return outlineStyle === 'none' || parseFloat(outlineWidth) < 1 ? element.outerHTML.slice(0, 120) : null;
      });
      assert.equal(plain, null, 'the focus can be seen');
    }
    throw new Error(`80 times Tab do not lead to ${locator}`);
  }

  it('retries a dead letter by Tab, Enter and Escape alone', async () => {
    const view = await openConsole(browser, busy.lull, 'dead-letters?view=list');
    const { page } = view;
    const { keyboard } = page;
    const key = page.getByLabel('API key', { exact: true });
    await waitFor('the key can be typed at once', () => focused(key));
    await keyboard.type(keyOf('ops'));
    await keyboard.press('Enter');
    const link = page.getByRole('link', { name: 'AssetChanged 3', exact: true });
    await tabTo(page, link);
    await keyboard.press('Enter');
    const letter = view.dialog('AssetChanged 3');
    await letter.waitFor();
    await keyboard.press('Escape');
    await letter.waitFor({ state: 'detached' });
    await waitFor('the focus is back where it came from', () => focused(link));
    await keyboard.press('Enter');
    await tabTo(page, view.button('Retry 1 letter…', letter));
    await keyboard.press('Enter');
    const confirm = view.dialog('Retry this letter?');
    await confirm.waitFor();
    await keyboard.press('Escape');
    await confirm.waitFor({ state: 'detached' });
    assert.equal(await letter.count(), 1, 'Escape closes the upper dialog only');
    await waitFor('the focus is back at the button that asked', () => focused(view.button('Retry 1 letter…', letter)));
    await keyboard.press('Enter');
    await tabTo(page, view.button('Retry 1 letter', confirm));
    const sent = busy.sink.requests.filter(({ path }) => path === '/bad').length;
    await keyboard.press('Enter');
    await page.getByRole('status').getByText('1 letter is due now.').waitFor();
    await page.getByRole('link', { name: 'See what becomes of it' }).waitFor();
    await busy.sink.received(sent + 1, '/bad');
    await waitFor('both dialogs are closed', async () => await page.getByRole('dialog').count() === 0);
    assert.ok(await page.evaluate(() => document.activeElement !== document.body), 'the focus is on something of the page');
    await view.close();
  });

  it('has a way past the navigation, and every page begins at its top', async () => {
    const view = await signedIn('endpoints', { viewport: { width: 1280, height: 200 } });
    const { page } = view;
    await page.reload();
    await view.heading('Endpoints').waitFor();
    await page.keyboard.press('Tab');
    assert.ok(await focused(view.button('Skip to the page')));
    await page.keyboard.press('Enter');
    assert.ok(await focused(page.getByRole('main')));
    await view.follow('Settings');
    await page.getByRole('row').nth(40).scrollIntoViewIfNeeded();
    assert.ok(await page.evaluate(() => scrollY) > 300);
    // A page that is there at once, so that nothing but the console moves it.
    await view.open('items');
    await view.heading('Items').waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollHeight) > 250, 'there is something to scroll');
    assert.equal(await page.evaluate(() => scrollY), 0);
    assert.ok(await focused(page.getByRole('main')));
    await view.close();
  });

  const places = () => ['', 'endpoints', `endpoints/${busy.ids.bad}`, 'dead-letters', 'windows', 'items?changeType=1&itemId=1', 'live', 'jobs'];

  it('asks nothing in a tab that nobody sees', async () => {
    const view = await signedIn('', { prepare: (page) => page.clock.install() });
    const { page, asked } = view;
    const show = (state) => page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value });
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value === 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
    const calls = () => asked.filter((call) => call.includes('/api/')).length;
    /** Lets what is under way be answered, as seen by the browser. */
    const settled = () => page.waitForLoadState('networkidle');
    for (const place of places()) {
      await view.open(place);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByText('Loading…').waitFor({ state: 'hidden' });
      const seen = calls();
      await waitFor(`#/${place} asks again while it is seen`, async () => {
        await page.clock.runFor(10_000);
        return calls() > seen;
      });
      await show('hidden');
      await settled();
      const hidden = calls();
      await page.clock.runFor(120_000);
      await page.clock.fastForward(3_600_000);
      await page.evaluate(() => fetch('config.json'));
      assert.equal(calls(), hidden, `#/${place} asked while it was hidden`);
      await show('visible');
      await waitFor(`#/${place} asks at once when it is seen again`, () => calls() > hidden);
    }
    await view.close();
  });

  it('is let do nothing by its policies that it does not need', async () => {
    const view = await openConsole(browser, busy.lull, '');
    const [reply] = await Promise.all([view.page.waitForResponse((response) => response.url() === view.address), view.page.reload()]);
    const policy = Object.fromEntries(reply.headers()['content-security-policy'].split(';').map((part) => part.trim().split(/ (.*)/)));
    assert.doesNotMatch(JSON.stringify(policy), /unsafe|\*|https?:|data:|blob:/);
    assert.equal(policy['default-src'], "'none'");
    assert.equal(policy['connect-src'], "'self'");
    assert.equal(policy['frame-ancestors'], "'none'");
    // What the policy says is what the browser does.
    await view.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ranInline = true';
      document.body.append(script);
    });
    assert.equal(await view.page.evaluate(() => window.ranInline), undefined);
    assert.match(view.errors.join('\n'), /Content Security Policy/);
    await view.close(/Content Security Policy/);
  });

  it(`is at most ${mostGzipped / 1024} KiB, gzipped`, async () => {
    const lull = await startLull();
    const index = await lull.outside('/console/');
    const parts = [...index.text.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, link]) => link);
    const texts = await Promise.all(parts.map((link) => lull.outside(`/console/${link}`)));
    assert.ok(texts.every(({ status, text }) => status === 200 && text.length > 100) && parts.length >= 3);
    const sizes = [index, ...texts].map(({ text }) => gzipSync(text, { level: 9 }).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total <= mostGzipped, `${total} bytes: ${sizes}`);
    // No part is asked for that the page does not name.
    const view = await openConsole(browser, lull);
    await view.heading('Nobody is told yet').waitFor();
    const named = parts.map((link) => `GET /console/${link}`);
    const files = view.asked.filter((call) => call.startsWith('GET /console/') && !named.includes(call));
    assert.deepEqual(files, ['GET /console/', 'GET /console/config.json']);
    await view.close();
  });
});
