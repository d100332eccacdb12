import { test } from 'node:test';
import assert from 'node:assert/strict';
import { base64url, challengeOf, randomText } from '../src/signin/pkce';
import { authorizationAddress, returnedFrom } from '../src/signin/provider';

test('the verifier of RFC 7636, appendix B, has the challenge that stands there', async () => {
  assert.equal(await challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
});

test('base64url has neither plus nor slash nor padding (RFC 7636, appendix A)', () => {
  assert.equal(base64url(Uint8Array.from([3, 236, 255, 224, 193])), 'A-z_4ME');
});

test('a verifier has 43 characters that need no escape, and no two are the same', () => {
  assert.match(randomText(), /^[A-Za-z0-9_-]{43}$/);
  assert.notEqual(randomText(), randomText());
});

test('the provider is asked for a code with an S256 challenge, and keeps what its address already says', () => {
  const provider = { authorizationEndpoint: 'https://id.example.org/authorize?tenant=7', clientId: 'lull console', scope: 'openid api' };
  const query = new URL(authorizationAddress(provider, 'st', 'ch', 'https://lull.example.org/x/console/')).searchParams;
  assert.deepEqual(Object.fromEntries(query), {
    tenant: '7', response_type: 'code', client_id: 'lull console', redirect_uri: 'https://lull.example.org/x/console/',
    scope: 'openid api', state: 'st', code_challenge: 'ch', code_challenge_method: 'S256',
  });
});

test('a code or an error comes back only together with a state', () => {
  assert.deepEqual(returnedFrom('?code=c&state=s'), { code: 'c', state: 's', error: null });
  assert.deepEqual(returnedFrom('?error=access_denied&error_description=No&state=s'), { code: null, state: 's', error: 'No' });
  for (const search of ['', '?code=c', '?state=s']) assert.equal(returnedFrom(search), null);
});
