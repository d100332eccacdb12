// The console in a real browser. What a page may never do, to ask another host or to log an error, is watched from its
// first request on; a test says which refusals of the service it provokes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chromium } from 'playwright-core';
import { defer } from './cleanup.mjs';

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

/** One Chromium for a suite. */
export async function startBrowser(more = []) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: [...flags, ...more] });
  defer(() => browser.close());
  return browser;
}

/** The settings of a Lull whose callers have keys: `roles` names each one's, without the `Integration_` before them. */
export function keySettings(roles) {
  const settings = { 'Authentication:Mode': 'ApiKey' };
  Object.entries(roles).forEach(([who, given], at) => Object.assign(settings, {
    [`Authentication:ApiKeys:${at}:Name`]: who,
    [`Authentication:ApiKeys:${at}:Sha256`]: createHash('sha256').update(keyOf(who)).digest('hex'),
    [`Authentication:ApiKeys:${at}:Roles`]: given.map((role) => `Integration_${role}`).join(','),
  }));
  return settings;
}

export const keyOf = (who) => `key-of-${who}-0123456789`;

/**
 * A tab of a browser context of its own that shows the console of `lull` at `place`, such as "endpoints". `others` are the
 * origins that it may go to besides, as a provider's page needs.
 */
export async function openConsole(browser, lull, place = '', { others = [], prepare, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const view = new Console(page, lull, others);
  await prepare?.(page);
  await view.open(place);
  return view;
}

class Console {
  /** Requests to the service, as "GET /api/v1/overview". */
  asked = [];
  elsewhere = [];
  errors = [];

  constructor(page, lull, others) {
    this.page = page;
    this.lull = lull;
    this.address = `${lull.origin}${lull.pathBase}/console/`;
    page.setDefaultTimeout(10_000);
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol === 'data:') return;
      const below = url.origin === lull.origin && url.pathname.startsWith(`${lull.pathBase}/`);
      if (below) this.asked.push(`${request.method()} ${url.pathname.slice(lull.pathBase.length)}`);
      else if (!others.includes(url.origin)) this.elsewhere.push(request.url());
    });
    page.on('pageerror', (error) => this.errors.push(`${error}`));
    page.on('console', (message) => { if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`); });
  }

  /** Shows the page at `place`; one that is open already goes there as by a link, without being loaded again. */
  async open(place = '') {
    await this.page.goto(`${this.address}#/${place}`);
  }

  /** By the navigation. */
  async follow(name) {
    await this.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  heading(name) {
    return this.page.getByRole('heading', { level: 1, name, exact: true });
  }

  button(name, within = this.page) {
    return within.getByRole('button', { name, exact: true });
  }

  dialog(name) {
    return this.page.getByRole('dialog', { name, exact: true });
  }

  /** The row of a table that has `text`. */
  row(text) {
    return this.page.getByRole('row').filter({ hasText: text });
  }

  async signInWithKey(who, label = 'API key', key = keyOf(who)) {
    await this.page.getByLabel(label, { exact: true }).fill(key);
    await this.button('Sign in').click();
  }

  /** Nothing was logged as an error, but for refusals that `provoked` matches, and no other host was asked. */
  expectClean(...provoked) {
    assert.deepEqual(this.errors.filter((text) => !provoked.some((pattern) => pattern.test(text))), [], 'errors in the browser');
    assert.deepEqual(this.elsewhere, [], 'requests to another host');
  }

  /** Leaves the page, and looks at what it did until then. */
  async close(...provoked) {
    await this.page.context().close();
    this.expectClean(...provoked);
  }
}
