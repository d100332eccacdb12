// Brokers in the console: how each is and since when, what waits for it, and that one which is away needs somebody.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { wrongWith } from './support/axe.mjs';
import { suite } from './support/cleanup.mjs';
import { keyOf, keySettings, openConsole, startBrowser } from './support/console.mjs';
import { expectStatus } from './support/expect.mjs';
import { startLull } from './support/lull.mjs';
import { freePort } from './support/redis.mjs';
import { publish } from './support/scenario.mjs';
import { startStompBroker } from './support/stomp_broker.mjs';
import { waitFor } from './support/wait.mjs';

suite('the console, with brokers', () => {
  let browser;
  let broker;
  let lull;
  before(async () => {
    [browser, broker] = await Promise.all([startBrowser(), startStompBroker()]);
    const roles = { ops: ['Endpoints_CRUD', 'Events_Publish'], eyes: ['Endpoints_View'], own: ['Endpoints_Own'] };
    lull = await startLull({
      settings: {
        ...keySettings(roles), ...broker.settings('desk'),
        'Brokers:1:Name': 'fs', 'Brokers:1:Url': `amqp://lull:hare-and-hounds@127.0.0.1:${await freePort()}`,
        'Brokers:2:Name': 'spare', 'Brokers:2:Url': 'amqp://lull:hare-and-hounds@127.0.0.1',
      },
      headers: { 'X-Api-Key': keyOf('ops') },
    });
    await register('Customer 17', 'amqp', { broker: 'desk', queue: 'customers.17' });
    await register('Register', 'rabbitmq', { broker: 'fs', queue: 'register' }, { enabled: false });
  });

  const register = async (name, channel, target, more = {}) => expectStatus(await lull.post('/endpoints', {
    name, channel, changeTypes: 15, delivery: 'every', target, ...more,
  }), 201);
  const events = (count) => Array.from({ length: count }, (_, itemId) => ({ type: 'AssetCreated', itemId, baseId: 1 }));

  async function overviewOf(who) {
    const view = await openConsole(browser, lull);
    await view.signInWithKey(who);
    await view.button('Sign out').waitFor();
    return view;
  }
  const rowOf = (view, name) => view.page.getByRole('table', { name: 'Brokers that messages go to' }).getByRole('row').filter({ hasText: name });
  const shows = (view, broker, name, pattern) => waitFor(`${broker}, ${name}: ${pattern}`, async () =>
    pattern.test(await rowOf(view, broker).locator(`[data-label="${name}"]`).textContent({ timeout: 5_000 })), { timeout: 20_000 });

  /** The service knows this of a broker; the page asks it only now and then. */
  const known = (name, what, test) => waitFor(`${name}: ${what}`, async () => {
    const { items } = expectStatus(await lull.get('/brokers'), 200);
    return test(items.find((one) => one.name === name));
  }, { timeout: 20_000 });

  it('shows how each is, and what waits for it', async () => {
    await publish(lull, events(3));
    await known('desk', 'confirmed', ({ confirmed, inFlight }) => confirmed === 3 && inFlight === 0);
    await known('fs', 'away', ({ state }) => state === 'away');
    const view = await overviewOf('ops');
    await view.heading('1 broker needs you').waitFor();
    await shows(view, 'desk', 'Broker', /^desk STOMP$/);
    await shows(view, 'desk', 'State', /^connected$/);
    await shows(view, 'desk', 'Since', /^(just now|\d+ s ago)$/);
    await shows(view, 'desk', 'Last error', /^–$/);
    await shows(view, 'desk', 'Confirmed', /^3$/);
    await shows(view, 'desk', 'Behind', /^–$/);
    await shows(view, 'fs', 'Broker', /^fs AMQP 0-9-1$/);
    await shows(view, 'fs', 'State', /^away$/);
    await shows(view, 'fs', 'Last error', /^The broker fs is away: no connection/);
    await shows(view, 'fs', 'Endpoints', /^1$/);
    await shows(view, 'spare', 'Broker', /^spare $/);
    await shows(view, 'spare', 'State', /^idle$/);
    await shows(view, 'spare', 'Since', /^–$/);
    await shows(view, 'spare', 'Endpoints', /^0$/);
    await view.close();
  });

  it('follows one that goes away, and tells what waits for it', async () => {
    const view = await overviewOf('eyes');
    await shows(view, 'desk', 'State', /^connected$/);
    await broker.stop();
    await publish(lull, events(2));
    await shows(view, 'desk', 'State', /^away$/);
    await shows(view, 'desk', 'Last error', /^The broker desk is away: /);
    await shows(view, 'desk', 'Queued', /^2$/);
    await shows(view, 'desk', 'Behind', /^\d+(\.\d)? s$/);
    await view.page.getByRole('heading', { level: 1, name: /2 brokers need you$/ }).waitFor();
    assert.deepEqual(await wrongWith(view.page), []);
    await view.close();
  });

  it('asks for them only where the role sees them', async () => {
    const view = await overviewOf('own');
    await view.heading('Nobody is told yet').waitFor();
    assert.deepEqual(view.asked.filter((call) => call.endsWith('/brokers')), []);
    assert.equal(await view.page.getByRole('heading', { name: 'Brokers' }).count(), 0);
    await view.close();
  });
});
