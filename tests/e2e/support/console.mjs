// The console in a real browser. What a page may never do, to ask another host or to log an error, is watched from its
// first request on; a test says which refusals of the service it provokes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chromium } from 'playwright-core';
import { defer } from './cleanup.mjs';
import { startLull } from './lull.mjs';
import { faces } from './mailboxes.mjs';
import { assetChanged } from './scenario.mjs';
import { startSink } from './sink.mjs';
import { waitFor } from './wait.mjs';

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

  /** By the navigation. The page that was left may still be there for a moment: wait for something of the new one. */
  async follow(name) {
    await this.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
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

/** A source whose database needs a driver that there is not. */
export const failingSource = { 'Sources:0:Name': 'crm', 'Sources:0:Type': 'Outbox', 'Sources:0:ConnectionString': 'Driver={None}' };

const as = (who) => ({ 'X-Api-Key': keyOf(who) });
const longName = `Archive of everything that ${'everybody'.repeat(12)} wants to keep`;

/**
 * A service with something of everything: endpoints of every health, letters, an open window, jobs, a queue, and a mailbox of
 * which one message is locked, and a source that fails. `ids` names the endpoints, `letter` is the id of a dead letter. Its callers have keys, of which
 * `ops` may do everything.
 */
export async function startBusyLull() {
  const sink = await startSink(({ path }) => ({
    '/good': { status: 200 },
    '/bad': { status: 400, body: '{"error":"This field is not known here."}', headers: { 'Content-Type': 'application/json' } },
  }[path] ?? { status: 500, body: 'The database is down' }));
  const lull = await startLull({ settings: {
    ...keySettings({ ops: ['Endpoints_CRUD', 'Events_Publish'] }),
    'Debouncing:Interval': '01:00:00',
    'Debouncing:MaxWait': '02:00:00',
    'Delivery:CircuitBreaker:Failures': '3',
    'Delivery:Retry:Schedule': '00:30:00,00:30:00',
    ...failingSource,
  } });
  const post = async (path, body, status) => {
    const reply = await lull.post(path, body, as('ops'));
    assert.equal(reply.status, status, reply.text);
    return reply.json;
  };
  const registered = async (name, path, more) => (await post('/endpoints', { name, url: `${sink.url}${path}`, changeTypes: 1, ...more }, 201)).id;
  const ids = {
    good: await registered('Search', '/good', { headers: { 'X-Tenant': 'acme' } }),
    bad: await registered('Warehouse', '/bad'),
    down: await registered('Shop', '/down'),
    ordered: await registered('Ledger', '/down', { delivery: 'every', order: 'endpoint', onFailure: 'stop' }),
    paused: await registered(longName, `/down/${'deeper/'.repeat(20)}`, { enabled: false }),
  };
  await post('/events', [1, 2, 3, 4, 5].map((itemId) => assetChanged(itemId)), 202);
  await post('/windows/flush', undefined, 200);
  const mailbox = faces.REST(lull, as('ops'));
  ids.mailbox = await mailbox.mailbox('Till 4', ['TreeValueChanged'], ['TreeValueChanged', 'AA'], ['MetafieldChanged', 'An office with a rather long name']);
  await post('/events', [1, 2, 'a-tree-value-whose-id-is-a-rather-long-text'].map((itemId) => ({ type: 'TreeValueCreated', itemId, baseId: 1 })), 202);
  await mailbox.must(mailbox.lock(ids.mailbox, await mailbox.next(ids.mailbox), 3_600));
  const endpointOf = async (id) => (await lull.get(`/endpoints/${id}`, as('ops'))).json;
  const letters = async () => (await lull.get('/dead-letters', as('ops'))).json;
  await waitFor('letters, and an endpoint that is open', async () => (await letters()).total === 5 && (await endpointOf(ids.down)).health === 'open');
  await post('/jobs', { action: 'retry', endpointId: ids.bad }, 202);
  const jobs = async () => (await lull.get('/jobs', as('ops'))).json.items;
  await waitFor('the letters have died again', async () => (await jobs())[0].failedAgain === 5 && (await letters()).total === 5);
  await post('/events', [assetChanged(4711), assetChanged(4711), assetChanged('an-item-whose-id-is-a-rather-long-text')], 202);
  return { lull, sink, ids, letter: (await letters()).items[0].id };
}
