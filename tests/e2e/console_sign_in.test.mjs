// How users of the console sign in: what the page is told, and a code traded for a token at a provider.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { request } from './support/http.mjs';
import { startIssuer } from './support/issuer.mjs';
import { startLull } from './support/lull.mjs';
import { waitFor } from './support/wait.mjs';

const view = 'Integration_Endpoints_View';
const verifierOf = () => randomBytes(32).toString('base64url');
const challengeOf = (verifier) => createHash('sha256').update(verifier).digest('base64url');

/** Goes to the provider as a browser would, and returns what it leads back with. */
async function authorize(config, { verifier, redirectUri, state = 'the-state' }) {
  const url = new URL(config.signIn.authorizationEndpoint);
  const asked = { response_type: 'code', client_id: config.signIn.clientId, scope: config.signIn.scope, redirect_uri: redirectUri, state,
    code_challenge: challengeOf(verifier), code_challenge_method: 'S256' };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  const reply = await request('GET', url.href);
  assert.equal(reply.status, 302, reply.text);
  return Object.fromEntries(new URL(reply.headers.location).searchParams);
}

suite('sign-in at the console', () => {
  let issuer;
  let lull;
  let config;
  let redirectUri;
  const tradeAtOnce = (body, headers = { 'Content-Type': 'application/json' }) =>
    request('POST', `${lull.origin}/lull/console/token`, { body: typeof body === 'string' ? body : JSON.stringify(body), headers });
  /** As a page does that is told to come again. */
  const trade = (...asked) => waitFor('the rate allows it', async () => {
    const reply = await tradeAtOnce(...asked);
    return reply.status === 429 ? undefined : reply;
  });

  before(async () => {
    issuer = await startIssuer();
    lull = await startLull({ pathBase: '/lull', settings: {
      'Authentication:Mode': 'Jwt',
      'Authentication:Jwt:Authority': issuer.url,
      'Authentication:Jwt:Audience': 'lull',
      'Authentication:Jwt:ClientId': issuer.client.id,
      'Authentication:Jwt:Scope': 'openid roles',
      'Logging:LogLevel:Default': 'Debug',
    } });
    redirectUri = `${lull.origin}/lull/console/`;
  });

  it('is offered where the provider says', async () => {
    const reply = await lull.outside('/lull/console/config.json');
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['cache-control'], 'no-store');
    config = reply.json;
    assert.match(config.version, /^\d+\.\d+\.\d+/);
    assert.deepEqual({ ...config, version: '' }, { version: '', authentication: 'jwt',
      signIn: { authorizationEndpoint: `${issuer.url}/authorize`, clientId: 'lull-console', scope: 'openid roles' } });
  });

  it('trades a code for a token that opens what its roles open, and hands on nothing else', async () => {
    const verifier = verifierOf();
    const { code, state } = await authorize(config, { verifier, redirectUri });
    assert.equal(state, 'the-state');
    assert.equal((await lull.outside(`/lull/console/?code=${code}&state=${state}&session_state=1`)).status, 200, 'the page to come back to');
    const reply = await trade({ code, codeVerifier: verifier, redirectUri });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.deepEqual(Object.keys(reply.json).sort(), ['accessToken', 'expiresIn']);
    assert.equal(reply.json.expiresIn, 300);
    const me = await lull.get('/me', { Authorization: `Bearer ${reply.json.accessToken}` });
    assert.deepEqual(me.json, { principal: 'ada', roles: [view] });
    assert.deepEqual(issuer.forms.at(-1), { grant_type: 'authorization_code', code, redirect_uri: redirectUri,
      client_id: 'lull-console', code_verifier: verifier });
    // A code counts once.
    const again = await trade({ code, codeVerifier: verifier, redirectUri });
    assert.equal(again.status, 400);
    assert.match(again.json.detail, /invalid_grant/);
    assert.ok(!again.text.includes(code) && !again.text.includes(verifier));
  });

  it('gives nothing to whoever has the code and not its verifier, or another address', async () => {
    for (const wrong of [{ codeVerifier: verifierOf() }, { redirectUri: `${lull.origin}/elsewhere/console/` }]) {
      const verifier = verifierOf();
      const { code } = await authorize(config, { verifier, redirectUri });
      const reply = await trade({ code, codeVerifier: verifier, redirectUri, ...wrong });
      assert.equal(reply.status, 400);
      assert.match(reply.json.detail, /invalid_grant/);
    }
  });

  it('passes values on as they are, whatever a form would make of them', async () => {
    const code = 'a&b=c+d %/?#é'.replace('é', '~');
    const codeVerifier = `${'-._~'.repeat(10)}abc`;
    await trade({ code, codeVerifier, redirectUri: `${redirectUri}?x=1&y=%20` });
    const form = issuer.forms.at(-1);
    assert.deepEqual([form.code, form.code_verifier, form.redirect_uri], [code, codeVerifier, `${redirectUri}?x=1&y=%20`]);
  });

  it('says what is wrong with a request, and asks the provider nothing then', async () => {
    const asked = issuer.forms.length;
    const good = { code: 'c', codeVerifier: verifierOf(), redirectUri };
    const pointers = async (body) => {
      const reply = await trade(body);
      assert.equal(reply.status, 400, reply.text);
      return reply.json.errors.map(({ pointer }) => pointer);
    };
    assert.deepEqual((await pointers({})).sort(), ['/code', '/codeVerifier', '/redirectUri']);
    assert.deepEqual(await pointers({ ...good, code: '' }), ['/code']);
    assert.deepEqual(await pointers({ ...good, code: 'x'.repeat(4097) }), ['/code']);
    assert.deepEqual(await pointers({ ...good, codeVerifier: 'x'.repeat(42) }), ['/codeVerifier']);
    assert.deepEqual(await pointers({ ...good, redirectUri: 'javascript:alert(1)' }), ['/redirectUri']);
    assert.deepEqual(await pointers({ ...good, clientSecret: 'x' }), ['/clientSecret']);
    assert.equal((await trade(`{"code":"${'x'.repeat(17_000)}"}`)).status, 413);
    assert.equal((await trade('code=c', { 'Content-Type': 'application/x-www-form-urlencoded' })).status, 415);
    assert.equal((await trade(good, { 'Content-Type': 'application/json', Origin: 'https://attacker.test' })).status, 403);
    assert.equal((await lull.outside('/lull/console/token')).status, 405);
    assert.equal(issuer.forms.length, asked);
  });

  it('tells a provider that gives no use of one that cannot be reached', async () => {
    const good = () => ({ code: 'c', codeVerifier: verifierOf(), redirectUri });
    const answers = [
      [{ status: 500, body: '{"error":"server_error"}' }, 502],
      [{ status: 200, body: 'not json' }, 502],
      [{ status: 200, body: '{"token_type":"Bearer"}' }, 502],
      [{ status: 200, body: '{"access_token":"t","token_type":"mac"}' }, 502],
      [{ status: 400, body: '{"error":"<script>"}' }, 502],
      [{ status: 302, body: '' }, 502],
      [{ status: 401, body: '{"error":"invalid_client"}' }, 400],
      [{ status: 200, body: `{"access_token":"t","padding":"${'x'.repeat(300_000)}"}` }, 503],
    ];
    for (const [answer, status] of answers) {
      issuer.tokenAnswer = answer;
      const reply = await trade(good());
      assert.equal(reply.status, status, `${answer.status} ${answer.body.slice(0, 80)}: ${reply.text}`);
      assert.ok(!reply.text.includes('script'));
    }
    issuer.tokenAnswer = { status: 200, body: '{"access_token":"t","token_type":"bearer"}' };
    assert.deepEqual((await trade(good())).json, { accessToken: 't', expiresIn: null });
    issuer.tokenAnswer = 'hangs';
    const hung = await trade(good());
    assert.equal(hung.status, 503, hung.text);
    issuer.tokenAnswer = undefined;
    await issuer.close();
    assert.equal((await trade(good())).status, 503);
    assert.equal((await lull.outside('/lull/console/config.json')).status, 200, 'what was read of the provider stays');
    await issuer.listen(issuer.port);
  });

  it('is traded for only so often', async () => {
    const replies = await Promise.all(Array.from({ length: 30 }, () => tradeAtOnce({ code: 'c', codeVerifier: verifierOf(), redirectUri })));
    const limited = replies.filter(({ status }) => status === 429);
    assert.ok(limited.length >= 10, `${limited.length} of 30`);
    for (const { headers } of limited) assert.ok(Number(headers['retry-after']) > 0);
  });

  it('leaves no code, verifier or token in the log', () => {
    assert.match(lull.output, /\/console\/token/, 'it is no empty scan');
    for (const { code, code_verifier: verifier } of issuer.forms.filter((form) => form.code.length > 10)) {
      assert.ok(!lull.output.includes(code) && !lull.output.includes(verifier));
    }
    assert.doesNotMatch(lull.output, /eyJ[\w-]{10}/);
  });
});

suite('without a client id', () => {
  it('the console is told how to ask for a credential, and there is nothing to trade', async () => {
    const issuer = await startIssuer();
    const settings = {
      none: {},
      apiKey: { 'Authentication:Mode': 'ApiKey', 'Authentication:ApiKeys:0:Name': 'ci', 'Authentication:ApiKeys:0:Roles': view,
        'Authentication:ApiKeys:0:Sha256': 'b'.repeat(64) },
      jwt: { 'Authentication:Mode': 'Jwt', 'Authentication:Jwt:Authority': issuer.url },
    };
    for (const [mode, given] of Object.entries(settings)) {
      const lull = await startLull({ settings: given });
      const { json } = await lull.outside('/console/config.json');
      assert.deepEqual({ ...json, version: '' }, { version: '', authentication: mode, signIn: null });
      const reply = await request('POST', `${lull.origin}/console/token`, {
        body: JSON.stringify({ code: 'c', codeVerifier: verifierOf(), redirectUri: `${lull.origin}/console/` }),
        headers: { 'Content-Type': 'application/json' } });
      assert.equal(reply.status, 404);
    }
  });
});
