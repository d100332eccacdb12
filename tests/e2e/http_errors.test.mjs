// Errors that are not about a body: unknown routes, methods, media types; and where pages are found.
import assert from 'node:assert/strict';
import http from 'node:http';
import { before, it } from 'node:test';
import { defer, suite, temporaryDirectory } from './support/cleanup.mjs';
import { expectProblem } from './support/expect.mjs';
import { request } from './support/http.mjs';
import { spawnLull, startLull } from './support/lull.mjs';
import { freePort } from './support/redis.mjs';
import { waitFor } from './support/wait.mjs';

suite('http errors', () => {
  let lull;
  before(async () => { lull = await startLull(); });

  it('answers unknown routes with a problem', async () => {
    for (const path of ['/nothing', '/endpoints/1/nothing', '/Events', '/events/', '/endpoints/1/queue/nothing', '/../../etc/passwd']) {
      expectProblem(await lull.get(path), 404);
    }
    expectProblem(await lull.outside('/nothing'), 404);
  });

  it('answers a wrong method with 405 and Allow', async () => {
    for (const [method, path, ...allowed] of [['GET', '/events', 'POST'], ['PUT', '/events', 'POST'], ['DELETE', '/endpoints', 'GET', 'POST'],
      ['POST', '/endpoints/1', 'GET', 'PUT', 'PATCH', 'DELETE'], ['GET', '/windows/flush', 'POST'], ['POST', '/change-types', 'GET'],
      ['PUT', '/dead-letters/1', 'GET', 'DELETE'], ['POST', '/stats', 'GET'],
      ['DELETE', '/endpoints/1/secret', 'GET'], ['GET', '/endpoints/1/secret/rotate', 'POST'], ['GET', '/endpoints/1/test', 'POST']]) {
      const reply = await lull.api.send(method, path, method === 'GET' || method === 'DELETE' ? undefined : {});
      expectProblem(reply, 405);
      const listed = (reply.headers.allow ?? '').split(',').map((each) => each.trim());
      for (const each of allowed) assert.ok(listed.includes(each), `${method} ${path}: Allow: ${reply.headers.allow}`);
    }
  });

  it('answers a wrong media type with 415', async () => {
    const body = JSON.stringify({ name: 'x', url: 'http://127.0.0.1:9/', changeTypes: 1 });
    for (const type of ['text/plain', 'application/x-ndjson', 'application/xml']) {
      expectProblem(await lull.post('/endpoints', body, { 'Content-Type': type }), 415);
      expectProblem(await lull.post('/dead-letters/retry', '{"all":true}', { 'Content-Type': type }), 415);
    }
  });

  it('answers a body over the limit with 413 on every route', async () => {
    const large = JSON.stringify({ name: 'x'.repeat(1024 * 1024) });
    expectProblem(await lull.post('/endpoints', large), 413);
    expectProblem(await lull.post('/dead-letters/purge', large), 413);
  });

  it('gives each error its own traceId', async () => {
    const replies = await Promise.all([1, 2, 3].map(() => lull.get('/nothing')));
    assert.equal(new Set(replies.map(({ json }) => json.traceId)).size, 3);
  });

  it('leads from / to the console', async () => {
    const reply = await lull.outside('/');
    assert.ok([301, 302, 303, 307, 308].includes(reply.status), `${reply.status}`);
    assert.match(new URL(reply.headers.location, `${lull.origin}/`).pathname, /^\/console\/$/);
  });
});

suite('path base', () => {
  let lull;
  before(async () => { lull = await startLull({ pathBase: '/integration/lull' }); });

  it('carries the API, its description and its pages', async () => {
    assert.equal((await lull.get('/change-types')).status, 200);
    assert.equal((await lull.outside('/integration/lull/swagger/v1/swagger.json')).status, 200);
    assert.equal((await lull.outside('/integration/lull/api-docs')).status, 200);
    const root = await lull.outside('/integration/lull/');
    assert.match(new URL(root.headers.location, `${lull.origin}/integration/lull/`).pathname, /^\/integration\/lull\/console\/$/);
    const created = await lull.post('/endpoints', { name: 'x', url: 'http://127.0.0.1:9/', changeTypes: 1 });
    const { pathname } = new URL(created.headers.location, lull.origin);
    assert.equal((await lull.outside(pathname)).status, 200, created.headers.location);
  });

  it('is served without it, too, as health and metrics are with it', async () => {
    for (const path of ['/healthz/live', '/healthz/ready', '/metrics', '/api/v1/change-types', '/api-docs']) {
      for (const base of ['', '/integration/lull']) assert.equal((await lull.outside(`${base}${path}`)).status, 200, `${base}${path}`);
      assert.equal((await lull.outside(`/integration${path}`)).status, 404, path);
    }
  });

  it('may be stripped by a proxy: what Location and the description name leads through it', async () => {
    const proxy = http.createServer((incoming, reply) => {
      if (!incoming.url.startsWith('/integration/lull/')) return reply.writeHead(502).end();
      const { method, headers } = incoming;
      const outgoing = http.request(`${lull.origin}${incoming.url.slice('/integration/lull'.length)}`, { method, headers }, (answer) => {
        reply.writeHead(answer.statusCode, answer.headers);
        answer.pipe(reply);
      });
      incoming.pipe(outgoing);
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    defer(() => { proxy.closeAllConnections(); proxy.close(); });
    const outside = `http://127.0.0.1:${proxy.address().port}`;
    const description = await request('GET', `${outside}/integration/lull/swagger/v1/swagger.json`);
    const [{ url }] = description.json.servers;
    const created = await request('POST', `${outside}${url}/api/v1/endpoints`, {
      body: JSON.stringify({ name: 'x', url: 'http://127.0.0.1:9/', changeTypes: 1 }), headers: { 'Content-Type': 'application/json' },
    });
    assert.equal(created.status, 201, created.text);
    assert.equal((await request('GET', `${outside}${created.headers.location}`)).status, 200, created.headers.location);
  });
});

suite('management urls', () => {
  it('carry health and metrics, and nothing else does', async () => {
    const [port, management] = [await freePort(), await freePort()];
    spawnLull({ settings: { Urls: `http://127.0.0.1:${port}`, 'Management:Urls': `http://127.0.0.1:${management}`,
      'Redis:DataDirectory': temporaryDirectory('data') } });
    const status = async (at, path) => (await request('GET', `http://127.0.0.1:${at}${path}`)).status;
    await waitFor('ready', async () => (await status(management, '/healthz/ready')) === 200);
    assert.equal(await status(management, '/metrics'), 200);
    assert.equal(await status(management, '/api/v1/change-types'), 404);
    assert.equal(await status(port, '/api/v1/change-types'), 200);
    for (const path of ['/metrics', '/healthz/live', '/healthz/ready']) assert.equal(await status(port, path), 404, path);
  });
});
