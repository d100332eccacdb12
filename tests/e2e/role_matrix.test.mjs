// Who may do what: every route of the description × every kind of credential, as one table. Expected is what the
// contract says; only the names of the roles and routes come from swagger.json.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { request } from './support/http.mjs';
import { startIssuer } from './support/issuer.mjs';
import { startLull } from './support/lull.mjs';
import { startSink } from './support/sink.mjs';
import { describedBy } from './support/swagger.mjs';
import { waitFor } from './support/wait.mjs';

const view = 'Integration_Endpoints_View';
const crud = 'Integration_Endpoints_CRUD';
const publish = 'Integration_Events_Publish';
const own = 'Integration_Endpoints_Own';
const receive = 'Integration_Events_Receive';
const everything = { roles: [crud, publish] };
const apiKey = 'key-of-the-matrix-0123456789';

/** By column: the headers of a call. What is bad claims every role, so only its proof can be what fails. */
const credentials = (issuer) => ({
  none: {},
  'bad key': { 'X-Api-Key': `${apiKey}x` },
  expired: bearer(issuer.expired(everything)),
  'alg none': bearer(issuer.unsigned(everything)),
  'HS256 confused': bearer(issuer.confused(everything)),
  'wrong audience': bearer(issuer.token({ ...everything, aud: 'another' })),
  View: bearer(issuer.token({ roles: [view] })),
  CRUD: bearer(issuer.token({ roles: [crud] }, { key: issuer.keys[1] })),
  Publish: bearer(issuer.token({ roles: `openid ${publish}` })),
  Own: bearer(issuer.token({ roles: [own], sub: 'integrator' })),
  Receive: bearer(issuer.token({ roles: [receive], sub: 'desk' })),
  'no role': bearer(issuer.token({ roles: ['another'] })),
});
const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const strangers = ['none', 'bad key', 'expired', 'alg none', 'HS256 confused', 'wrong audience'];

/** The columns that open a route, by the contract; undefined: it is open to everybody. */
function opens(method, path) {
  if (path === '/Events/Publish') return ['Publish'];
  if (path.startsWith('/Events/') || path.startsWith('/api/v1/mailboxes')) return ['Receive', 'CRUD'];
  if (!path.startsWith('/api/v1/')) return undefined;
  if (path === '/api/v1/events') return ['Publish'];
  if (path === '/api/v1/me') return ['View', 'CRUD', 'Publish', 'Own', 'Receive', 'no role'];
  if (path === '/api/v1/change-types') return ['View', 'CRUD', 'Own', 'Receive'];
  if (path === '/api/v1/events/explain') return ['View', 'CRUD', 'Own'];
  const usual = method === 'GET' && !path.endsWith('/secret') ? ['View', 'CRUD'] : ['CRUD'];
  // Of all else Own has its own, and of what is somebody else's it is told that there is no such thing.
  const closed = ['/api/v1/windows/flush', '/api/v1/alerts', '/api/v1/settings', '/api/v1/sources', '/api/v1/sources/{id}/run', '/api/v1/brokers'];
  return closed.includes(path) ? usual : [...usual, 'Own'];
}

/** A provider leads back to the console after a sign-in, with parameters of its own. */
const takesAnyQuery = (path) => path === '/console/';

const roleOf = { View: view, CRUD: crud, Publish: publish, Own: own, Receive: receive };

function expected(method, path, column) {
  const by = opens(method, path);
  if (!by || by.includes(column)) return 'open';
  return strangers.includes(column) ? '401' : '403';
}

function table(columns, rows) {
  const all = [['route', ...columns], ...rows];
  const widths = all[0].map((_, at) => Math.max(...all.map((row) => row[at].length)));
  return all.map((row) => row.map((cell, at) => cell.padEnd(widths[at])).join('  ').trimEnd()).join('\n');
}

suite('the role matrix', () => {
  let lull;
  let issuer;
  let routes;
  before(async () => {
    issuer = await startIssuer();
    lull = await startLull({ settings: {
      'Authentication:Mode': 'Jwt',
      'Authentication:Jwt:Authority': issuer.url,
      'Authentication:Jwt:Audience': 'lull',
      'Authentication:ApiKeys:0:Name': 'ada',
      'Authentication:ApiKeys:0:Sha256': createHash('sha256').update(apiKey).digest('hex'),
      'Authentication:ApiKeys:0:Roles': `${crud},${publish}`,
      'Logging:LogLevel:Lull.Audit': 'Debug',
    } });
    const { paths } = await describedBy(lull);
    routes = Object.entries(paths).flatMap(([path, item]) => ['get', 'put', 'post', 'patch', 'delete']
      .filter((method) => item[method])
      .map((method) => ({ method: method.toUpperCase(), path, roles: item[method]['x-roles'] })));
  });

  const call = ({ method, path }, headers) =>
    request(method, lull.origin + path.replaceAll(/\{\w+\}/g, 'nothing'), { headers });

  it('holds on every route', async () => {
    const columns = credentials(issuer);
    const wrong = [];
    const rows = [];
    for (const route of routes) {
      const cells = [];
      for (const [column, headers] of Object.entries(columns)) {
        const reply = await call(route, headers);
        const want = expected(route.method, route.path, column);
        const good = want === 'open' ? ![401, 403].includes(reply.status) : `${reply.status}` === want;
        cells.push(good ? `${reply.status}` : `${reply.status} (!)`);
        if (!good) wrong.push(`${route.method} ${route.path}, ${column}: ${reply.status} instead of ${want}`);
        if (reply.status === 401) assert.match(reply.headers['www-authenticate'], /^Bearer realm="lull"/);
        if (reply.status === 403) assert.match(reply.headers['www-authenticate'], /error="insufficient_scope"/);
        if (headers.Authorization) assert.ok(!reply.text.includes(headers.Authorization.slice(7, 40)), 'a token came back');
      }
      rows.push([`${route.method} ${route.path}`, ...cells]);
    }
    console.log(table(Object.keys(columns), rows));
    console.log(`${routes.length} routes x ${Object.keys(columns).length} credentials, ${wrong.length} wrong`);
    assert.deepEqual(wrong, []);
    assert.ok(routes.length >= 30, `${routes.length} routes`);
  });

  /** Every route by every credential; `want` is told what the role allows and says what the call must give. */
  async function onEveryRoute(change, want) {
    const wrong = [];
    for (const route of routes) {
      for (const [column, headers] of Object.entries(credentials(issuer))) {
        const expecting = want(route, expected(route.method, route.path, column));
        const changed = change(route);
        const { status } = await call({ ...route, path: route.path + (changed.query ?? '') }, { ...headers, ...changed.headers });
        const good = expecting === 'open' ? ![401, 403, 421].includes(status) : `${status}` === expecting;
        if (!good) wrong.push(`${route.method} ${route.path}, ${column}: ${status} instead of ${expecting}`);
      }
    }
    assert.deepEqual(wrong, []);
  }

  it('comes before a query parameter that nobody knows, which is a 400 to whoever may call', async () => {
    await onEveryRoute(() => ({ query: '?surprise=1' }), ({ path }, may) => (may === 'open' && !takesAnyQuery(path) ? '400' : may));
  });

  it('lets no page of another site write, whatever credential it has, and lets it ask what the role may read', async () => {
    for (const headers of [{ Origin: 'https://attacker.test' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
      await onEveryRoute(() => ({ headers }), ({ method }, may) => (method === 'GET' ? may : '403'));
    }
  });

  it('does not depend on the name the service is called by where a credential is needed', async () => {
    await onEveryRoute(() => ({ headers: { Host: 'lull.internal' } }), (_, may) => may);
  });

  it('counts only the test sends of those who may make them', async () => {
    const silent = await startSink(() => ({ status: 200, hold: new Promise(() => {}) }));
    const columns = credentials(issuer);
    const registered = await lull.post('/endpoints', { name: 'silent', url: silent.url, changeTypes: 1, timeout: '00:00:05' }, columns.CRUD);
    const send = (headers) => lull.post(`/endpoints/${registered.json.id}/test`, undefined, headers);
    // None of these may take a place.
    for (const column of ['none', 'View', 'Publish', 'Receive', 'no role', 'Own']) {
      const statuses = await Promise.all(Array.from({ length: 8 }, () => send(columns[column])));
      const refused = { none: 401, Own: 404 }[column] ?? 403;
      assert.deepEqual(new Set(statuses.map(({ status }) => status)), new Set([refused]), column);
    }
    const running = Array.from({ length: 4 }, () => send(columns.CRUD));
    await waitFor('four run', () => silent.mostOpen === 4);
    for (const [column, headers] of Object.entries(columns)) {
      const reply = await send(headers);
      const want = expected('POST', '/api/v1/endpoints/{id}/test', column);
      // It is not the endpoint of Own.
      assert.equal(`${reply.status}`, column === 'Own' ? '404' : want === 'open' ? '429' : want, column);
      if (want === 'open' && column !== 'Own') assert.ok(Number(reply.headers['retry-after']) > 0);
    }
    assert.deepEqual((await Promise.all(running)).map(({ status }) => status), [200, 200, 200, 200]);
    assert.equal((await lull.delete(`/endpoints/${registered.json.id}`, columns.CRUD)).status, 204);
  });

  it('without authentication serves its own names only, and no page of another site writes', async () => {
    const open = await startLull();
    const path = (route) => open.origin + route.path.replaceAll(/\{\w+\}/g, 'nothing');
    for (const route of routes) {
      const what = `${route.method} ${route.path}`;
      assert.equal((await request(route.method, path(route), { headers: { Host: 'attacker.test' } })).status, 421, what);
      const foreign = await request(route.method, path(route), { headers: { Origin: 'https://attacker.test' } });
      if (route.method === 'GET') assert.ok(![403, 421].includes(foreign.status), `${what}: ${foreign.status}`);
      else assert.equal(foreign.status, 403, what);
      assert.equal(foreign.headers['access-control-allow-origin'], undefined, what);
      assert.equal((await request(route.method, `${path(route)}?surprise=1`)).status, takesAnyQuery(route.path) ? 200 : 400, what);
    }
  });

  it('is what the description says of each route', () => {
    for (const { method, path, roles } of routes) {
      // A route for every credential asks for no role.
      const by = opens(method, path) ?? [];
      // CRUD implies View, and is named where it implies something else.
      const enough = by.filter((column, at) => at === 0 || ['Own', 'Receive'].includes(column) || (column === 'CRUD' && by[0] !== 'View'));
      const least = by.includes('no role') ? [] : enough.map((column) => roleOf[column]);
      assert.deepEqual(roles, least, `${method} ${path}`);
    }
  });

  it('says what is wrong with a token, and nothing of what is in it', async () => {
    const why = async (token) => (await lull.get('/stats', bearer(token))).headers['www-authenticate'];
    assert.match(await why(issuer.expired()), /error="invalid_token", error_description="The token has expired\."/);
    assert.match(await why(issuer.token({ iss: 'https://other.example' })), /another issuer/);
    assert.match(await why(issuer.unsigned()), /RS256 or ES256/);
    assert.match(await why(issuer.confused({}, { alg: 'RS256' })), /signature/);
    assert.match(await why('not a token'), /well-formed/);
    assert.equal((await lull.get('/stats')).headers['www-authenticate'], 'Bearer realm="lull"');
  });

  it('lets the configured API keys in beside tokens', async () => {
    assert.equal((await lull.get('/stats', { 'X-Api-Key': apiKey })).status, 200);
    assert.equal((await lull.get('/stats', bearer(apiKey))).status, 200);
  });

  it('leaves an audit line for every call that changes something: who, what, which, how it ended', async () => {
    const token = bearer(issuer.token({ ...everything, sub: 'auditor' }));
    const changing = routes.filter(({ method, roles }) => roles.some((role) => ![view, own, receive].includes(role)) && (method !== 'GET' || !roles.includes(receive)));
    assert.ok(changing.length >= 15, `${changing.length}`);
    const audited = () => lull.log.filter(({ category, principal }) => category === 'Lull.Audit' && principal === 'auditor');
    for (const [index, route] of changing.entries()) {
      const reply = await call(route, token);
      // The log comes on another way than the reply, and may come after it.
      await waitFor(`a line about ${route.method} ${route.path}`, async () => audited().length > index, { timeout: 5_000 });
      const line = audited().at(-1);
      const what = `${route.method} ${route.path}: ${JSON.stringify(line)}`;
      assert.equal(line?.status, reply.status, what);
      assert.equal(line.proof, 'jwt', what);
      assert.match(line.action, /^[a-z-]+\.[a-z]+$/, what);
      assert.equal(line.id, route.path.includes('{id}') ? 'nothing' : '', what);
    }
    const lines = lull.log.filter(({ principal }) => principal === 'auditor');
    assert.equal(lines.length, changing.length);
    // The classic calls of mailboxes are other forms of calls that are there already.
    const forms = changing.filter(({ path }) => path.startsWith('/Events/')).length;
    assert.equal(new Set(lines.map(({ action }) => action)).size, changing.length - forms, 'each call has a name of its own');
  });

  it('writes no token and no key into the log', () => {
    assert.doesNotMatch(lull.output, /eyJ[\w-]{10}/);
    assert.ok(!lull.output.includes(apiKey));
  });
});
