// Where the keys of tokens come from, and what happens while their issuer changes them or is away.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { suite, temporaryDirectory } from './support/cleanup.mjs';
import { makeKey, startIssuer } from './support/issuer.mjs';
import { runLull, startLull } from './support/lull.mjs';
import { freePort } from './support/redis.mjs';
import { waitFor } from './support/wait.mjs';

const roles = ['Integration_Endpoints_View'];
const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const start = (jwt, more = {}) => startLull({ settings: {
  'Authentication:Mode': 'Jwt',
  ...Object.fromEntries(Object.entries(jwt).map(([key, value]) => [`Authentication:Jwt:${key}`, value])),
  ...more,
} });
const statusOf = async (lull, token) => (await lull.get('/stats', bearer(token))).status;
const pemFile = (text) => {
  const path = join(temporaryDirectory('pem'), 'key.pem');
  writeFileSync(path, text);
  return path;
};

suite('keys of access tokens', () => {
  it('come from a PEM file', async () => {
    const issuer = await startIssuer([makeKey('ES256', 'any'), makeKey('RS256', 'other')]);
    const lull = await start({ PublicKeyPath: pemFile(issuer.keys[0].pem), Issuer: issuer.url, Audience: 'lull' });
    assert.equal(await statusOf(lull, issuer.token({ roles })), 200);
    assert.equal(await statusOf(lull, issuer.token({ roles }, { key: issuer.keys[1] })), 401);
    assert.deepEqual(issuer.requests, []);
  });

  it('come from a key set, with roles deep in the claims', async () => {
    const issuer = await startIssuer();
    const lull = await start({ JwksUrl: `${issuer.url}/certs`, RolesClaim: 'realm_access.roles' });
    assert.equal(await statusOf(lull, issuer.token({ realm_access: { roles } })), 200);
    assert.equal(await statusOf(lull, issuer.token({ roles })), 403);
    assert.deepEqual(issuer.requests, ['/realms/lull/certs']);
  });

  it('are found again after a rotation, stay while the issuer is away, and are not asked for at every bad token', async () => {
    const issuer = await startIssuer();
    const lull = await start({ Authority: issuer.url, Audience: 'lull' });
    const old = issuer.token({ roles });
    assert.equal(await statusOf(lull, old), 200);
    const asked = issuer.requests.length;

    const unknown = makeKey('RS256', 'never published');
    for (let i = 0; i < 50; i += 1) assert.equal(await statusOf(lull, issuer.token({ roles }, { key: unknown })), 401);
    assert.ok(issuer.requests.length <= asked + 2, `${issuer.requests.length} requests`);

    const fresh = makeKey('ES256', 'ec-2');
    issuer.keys.push(fresh);
    const token = issuer.token({ roles }, { key: fresh });
    await waitFor('the new key is known', async () => (await statusOf(lull, token)) === 200, { timeout: 15_000, interval: 100 });

    issuer.failing = 500;
    await waitFor('a fetch failed', async () => {
      await statusOf(lull, issuer.token({ roles }, { key: unknown }));
      return lull.log.some(({ category, level }) => category === 'Lull.Authentication' && level === 'Warning');
    }, { timeout: 15_000, interval: 100 });
    assert.equal(await statusOf(lull, old), 200);
    assert.equal(await statusOf(lull, token), 200);
  });

  for (const [what, header] of [['under its old name', {}], ['and tokens that name none', { kid: undefined }]]) {
    it(`are found again after a rotation ${what}, and the withdrawn one is not taken any more`, async () => {
      const issuer = await startIssuer([makeKey('RS256', 'signing')]);
      const lull = await start({ Authority: issuer.url, Audience: 'lull' });
      const old = issuer.token({ roles }, { header });
      assert.equal(await statusOf(lull, old), 200);
      issuer.keys = [makeKey('RS256', 'signing')];
      const token = issuer.token({ roles }, { header });
      await waitFor('the new key is known', async () => (await statusOf(lull, token)) === 200, { timeout: 15_000, interval: 100 });
      assert.equal(await statusOf(lull, old), 401);

      const asked = issuer.requests.length;
      for (let i = 0; i < 50; i += 1) assert.equal(await statusOf(lull, old), 401);
      assert.ok(issuer.requests.length <= asked + 2, 'a bad signature does not press the issuer');
    });
  }

  it('are none when the issuer withdraws the last one', async () => {
    const issuer = await startIssuer();
    const lull = await start({ Authority: issuer.url, Audience: 'lull' });
    const token = issuer.token({ roles });
    assert.equal(await statusOf(lull, token), 200);
    issuer.keys = [];
    const unknown = issuer.token({ roles }, { key: makeKey('RS256', 'unknown') });
    await waitFor('the key is withdrawn', async () => {
      await statusOf(lull, unknown);
      return (await statusOf(lull, token)) === 401;
    }, { timeout: 15_000, interval: 100 });
  });

  it('are waited for when the issuer is down at the start: 503 for tokens, everything else works', async () => {
    const port = await freePort();
    const authority = `http://127.0.0.1:${port}/realms/lull`;
    const lull = await start({ Authority: authority, Audience: 'lull' });
    const issuer = await startIssuer();
    const early = await lull.get('/stats', bearer(issuer.token({ roles, iss: authority })));
    assert.equal(early.status, 503);
    assert.ok(Number(early.headers['retry-after']) > 0);
    assert.equal((await lull.get('/stats')).status, 401);
    assert.ok(lull.log.some(({ category, level }) => category === 'Lull.Authentication' && level === 'Warning'));

    await issuer.close();
    await issuer.listen(port);
    await waitFor('tokens are taken', async () => (await statusOf(lull, issuer.token({ roles }))) === 200, { timeout: 15_000 });
    const { code, ms } = await lull.terminate();
    assert.equal(code, 0);
    assert.ok(ms < 3_000, `${ms} ms`);
  });

  it('of an issuer that hangs delay neither the start nor the stop, and a token is answered in seconds', async () => {
    const issuer = await startIssuer();
    issuer.failing = 'hangs';
    const lull = await start({ Authority: issuer.url, Audience: 'lull' });
    const began = Date.now();
    assert.equal(await statusOf(lull, issuer.token({ roles })), 503);
    assert.ok(Date.now() - began < 5_500, `${Date.now() - began} ms`);
    await waitFor('a fetch is under way', () => issuer.requests.length > 0);
    const { code, ms } = await lull.terminate();
    assert.equal(code, 0);
    assert.ok(ms < 3_000, `${ms} ms`);
  });

  it('that cannot be used stop the start, with the file and the reason', async () => {
    const short = makeKey('RS256', 'x').pem.slice(0, 100);
    for (const [text, said] of [['no key', /no public key in PEM/], [short, /no public key in PEM/]]) {
      const path = pemFile(text);
      const { code, output } = await runLull({ settings: {
        Urls: `http://127.0.0.1:${await freePort()}`,
        'Redis:DataDirectory': temporaryDirectory('data'),
        'Authentication:Mode': 'Jwt',
        'Authentication:Jwt:PublicKeyPath': path,
      } });
      assert.notEqual(code, 0);
      assert.match(output, said);
      assert.ok(output.includes('Authentication:Jwt:PublicKeyPath') && output.includes(path), output);
    }
  });
});
