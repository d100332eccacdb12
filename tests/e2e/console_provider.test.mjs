// Signing in on a provider's page, by the code flow with PKCE, and a token that ends while somebody is typing.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { openConsole, startBrowser } from './support/console.mjs';
import { startIssuer } from './support/issuer.mjs';
import { startLull } from './support/lull.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';

const crud = 'Integration_Endpoints_CRUD';
/** A token counts for this long after its end, so that clocks may differ. */
const leewaySeconds = 60;
const unauthorized = /status of 401 /;

suite('the console and a provider', () => {
  let browser;
  let issuer;
  let withProvider;
  let withTokens;
  let sink;

  before(async () => {
    browser = await startBrowser();
    issuer = await startIssuer();
    sink = await startSink();
    const jwt = { 'Authentication:Mode': 'Jwt', 'Authentication:Jwt:Authority': issuer.url, 'Authentication:Jwt:Audience': 'lull' };
    [withProvider, withTokens] = await Promise.all([
      startLull({ pathBase: '/lull', settings: { ...jwt, 'Authentication:Jwt:ClientId': issuer.client.id } }),
      startLull({ settings: jwt }),
    ]);
  });

  const now = () => Math.floor(Date.now() / 1000);
  const open = (lull, place, options) => openConsole(browser, lull, place, { others: [new URL(issuer.url).origin], ...options });
  const names = async (lull) => {
    const reply = await lull.get('/endpoints', { Authorization: `Bearer ${issuer.token({ roles: [crud] })}` });
    return reply.json.items.map(({ name }) => name);
  };

  /** Claims of a token that the service takes for a few seconds more. */
  const ending = () => ({ sub: 'ada', roles: [crud], exp: now() - leewaySeconds + 4 });
  const ended = (lull, token) => waitFor('the token has ended', async () =>
    (await lull.get('/me', { Authorization: `Bearer ${token}` })).status === 401);

  async function fillForm(view, name) {
    const { page } = view;
    await view.heading('Register an endpoint').waitFor();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('URL', { exact: true }).fill(`${sink.url}/hook`);
    await page.getByRole('checkbox', { name: /^ComboValueChanged/ }).check();
  }

  /** Behind the dialog, where the page still is. */
  async function expectKept({ page }, name) {
    assert.equal(await page.getByLabel('Name', { exact: true, includeHidden: true }).inputValue(), name);
    assert.ok(await page.locator('input[type=checkbox]:checked').count() > 0);
  }

  it('leads to its page and back to the page that was left', async () => {
    issuer.signsIn = { sub: 'ada', roles: ['Integration_Endpoints_View'] };
    const place = 'dead-letters?view=list&reason=permanent';
    const view = await open(withProvider, place);
    const asked = issuer.requests.length;
    await view.button('Sign in').click();
    await view.heading('Dead letters').waitFor();
    assert.equal(view.page.url(), `${view.address}#/${place}`, 'the address is the one that was left, without code or state');
    await view.page.getByText('ada', { exact: true }).waitFor();
    const there = new URL(issuer.requests.slice(asked).find((url) => url.includes('/authorize?')), issuer.url).searchParams;
    assert.equal(there.get('code_challenge_method'), 'S256');
    assert.equal(there.get('redirect_uri'), view.address);
    assert.ok(view.asked.includes('POST /console/token'));
    // The token alone is kept, and only for this tab.
    assert.deepEqual(await view.page.evaluate(() => [Object.keys(sessionStorage).length, Object.keys(localStorage).length, document.cookie]), [1, 0, '']);
    await view.page.reload();
    await view.heading('Dead letters').waitFor();
    await view.button('Sign out').click();
    await view.button('Sign in').waitFor();
    assert.equal(await view.page.evaluate(() => sessionStorage.length), 0);
    await view.close();
  });

  it('is not believed when nobody here has asked it', async () => {
    const view = await open(withProvider);
    await view.page.goto(`${view.address}?code=stolen&state=page.foreign#/`);
    await view.page.getByRole('alert').getByText(/not begun here/).waitFor();
    await view.page.goto(`${view.address}?error=access_denied&state=page.foreign#/`);
    await view.page.getByRole('alert').waitFor();
    assert.ok(!view.asked.includes('POST /console/token'));
    await view.close();
  });

  it('signs in again in a window of its own when a token ends in the middle, and what was typed is kept', async () => {
    issuer.signsIn = ending();
    const view = await open(withProvider, 'endpoints?form=new');
    const { page } = view;
    await view.button('Sign in').click();
    await fillForm(view, 'Typed before it ended');
    await ended(withProvider, issuer.token({ ...issuer.signsIn }));
    await view.button('Register').click();
    const dialog = view.dialog('Please sign in again');
    await dialog.waitFor();
    await expectKept(view, 'Typed before it ended');
    issuer.signsIn = { sub: 'ada', roles: [crud] };
    const [popup] = await Promise.all([page.waitForEvent('popup'), view.button('Sign in in a new window', dialog).click()]);
    if (!popup.isClosed()) await popup.waitForEvent('close');
    // What was being done goes on by itself.
    await view.heading('Typed before it ended').waitFor();
    assert.equal(await dialog.count(), 0);
    assert.deepEqual(await names(withProvider), ['Typed before it ended']);
    await view.close(unauthorized);
  });

  it('can be put off, and a pasted token does the same where there is no provider', async () => {
    const short = issuer.token(ending());
    const view = await open(withTokens, 'endpoints?form=new');
    await view.signInWithKey('', 'Access token', short);
    await fillForm(view, 'Pasted');
    await ended(withTokens, short);
    await view.button('Register').click();
    const dialog = view.dialog('Please sign in again');
    await view.button('Not now', dialog).click();
    await view.page.getByRole('alert').getByText(/^You are signed out/).first().waitFor();
    await expectKept(view, 'Pasted');
    assert.deepEqual(await names(withTokens), []);
    await view.button('Register').click();
    await dialog.getByLabel('Access token').fill(issuer.expired({ roles: [crud] }));
    await view.button('Sign in', dialog).click();
    await waitFor('the field is marked', () => dialog.getByLabel('Access token').evaluate((input) => input.ariaInvalid === 'true'));
    await dialog.getByLabel('Access token').fill(issuer.token({ roles: [crud] }));
    await view.button('Sign in', dialog).click();
    await view.heading('Pasted').waitFor();
    assert.deepEqual(await names(withTokens), ['Pasted']);
    await view.close(unauthorized);
  });

  it('asks once for all that looks on, asks no more after a no, and everything goes on after a yes', async () => {
    const short = issuer.token(ending());
    const view = await open(withTokens);
    await view.signInWithKey('', 'Access token', short);
    await view.button('Sign out').waitFor();
    const dialog = view.dialog('Please sign in again');
    await dialog.waitFor();
    assert.equal(await view.page.getByRole('dialog').count(), 1);
    await view.button('Not now', dialog).click();
    await view.page.getByText(/^You are signed out/).first().waitFor();
    // Whatever is shown next is refused as well, and does not ask again.
    for (const name of ['Endpoints', 'Jobs', 'Overview']) {
      await view.follow(name);
      await view.heading(name).waitFor();
    }
    await view.page.waitForLoadState('networkidle');
    assert.equal(await dialog.count(), 0);
    await view.button('Sign in again').click();
    const before = view.asked.length;
    await dialog.getByLabel('Access token').fill(issuer.token({ roles: [crud] }));
    await view.button('Sign in', dialog).click();
    await view.heading(/All well|Nobody is told yet/).waitFor();
    await waitFor('the overview is asked for again', () => view.asked.slice(before).filter((call) => call === 'GET /api/v1/overview').length >= 2);
    assert.equal(await dialog.count(), 0);
    assert.equal(await view.page.getByText(/^You are signed out/).count(), 0);
    await view.close(unauthorized);
  });

  it('has no token left in what the service logs', () => {
    for (const { output } of [withProvider, withTokens]) assert.doesNotMatch(output, /eyJ[\w-]{10}/);
  });
});
