// Clients that mean harm: each is refused or contained, memory stays bounded, and others are served meanwhile.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, beforeEach, afterEach, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { footprintOf } from './support/memory.mjs';
import { exchange } from './support/raw.mjs';
import { all, register } from './support/scenario.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor } from './support/wait.mjs';
import { watch } from './support/watch.mjs';

const MiB = 1024 * 1024;
const mostGrowth = 64; // MiB
const mostWait = 1_000; // ms

const lines = (...parts) => parts.join('\r\n');
const head = (method, path, ...headers) => lines(`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', '');
const json = 'Content-Type: application/json';
const publish = (...headers) => head('POST', '/api/v1/events', json, ...headers);

/**
 * Sends `first`, then `piece` until `total` bytes went out or the server closes. Who never stops sending may lose the
 * answer to the reset that ends it. @returns {{statuses, sent}}
 */
function flood(port, first, piece, total) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let sent = 0;
    const more = () => {
      while (sent < total && !socket.destroyed) {
        sent += piece.length;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('connect', () => { socket.write(first); more(); });
    socket.on('drain', more);
    socket.on('data', (data) => { text += data.toString('latin1'); });
    socket.on('error', () => {}); // a reset: the server has closed, which is what counts
    socket.on('close', () => resolve({ statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1])), sent }));
  });
}

/** A connection that begins `first` and then sends a byte of `drop` now and then, until the server closes. */
function drip(port, first, drop) {
  const socket = connect(port, '127.0.0.1');
  const state = { closed: false, text: '' };
  socket.on('connect', () => socket.write(first));
  const timer = setInterval(() => socket.write(drop), 200);
  socket.on('data', (data) => { state.text += data.toString('latin1'); });
  socket.on('error', () => {});
  socket.on('close', () => { state.closed = true; clearInterval(timer); });
  state.end = () => { clearInterval(timer); socket.destroy(); };
  return state;
}

const event = '{"type":"AssetCreated","itemId":1,"baseId":2}';
const smuggled = '{"name":"smuggled","url":"http://127.0.0.1:9/","changeTypes":1}';
const inner = head('POST', '/api/v1/endpoints', json, `Content-Length: ${smuggled.length}`) + smuggled;
const length = `Content-Length: ${event.length}`;
const chunked = (text) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

// Each pair: what one parser takes for one message, and another for a message and the beginning of the next one.
const pairs = {
  'CL.TE': publish('Content-Length: 6', 'Transfer-Encoding: chunked') + `0\r\n\r\n${inner}`,
  'TE.CL': publish('Transfer-Encoding: chunked', 'Content-Length: 4') + chunked(event) + inner,
  'TE with a tab': publish('Transfer-Encoding:\tchunked', length) + event + inner,
  'TE with a vertical tab': publish('Transfer-Encoding:\vchunked', length) + event + inner,
  'TE quoted': publish('Transfer-Encoding: "chunked"') + chunked(event) + inner,
  'TE with a parameter': publish('Transfer-Encoding: chunked;q=1') + chunked(event) + inner,
  'TE identity': publish('Transfer-Encoding: identity', length) + event + inner,
  'TE list': publish('Transfer-Encoding: identity, chunked') + chunked(event) + inner,
  'TE comma': publish('Transfer-Encoding: ,chunked') + chunked(event) + inner,
  'TE twice': publish('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + chunked(event) + inner,
  'TE with a blank before the colon': publish('Transfer-Encoding : chunked') + chunked(event) + inner,
  'TE before a NUL': publish('Transfer-Encoding: chunked\0') + chunked(event) + inner,
  'TE in a folded line': publish('Transfer-Encoding:\r\n chunked') + chunked(event) + inner,
  'TE folded into another': publish('X-A: b\r\n Transfer-Encoding: chunked', length) + event + inner,
  'TE behind a bare line feed': publish('X-A: b\nTransfer-Encoding: chunked', length) + event + inner,
  'TE behind a bare carriage return': publish('X-A: b\rTransfer-Encoding: chunked', length) + event + inner,
  'TE in HTTP/1.0': publish('Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0') + chunked(event) + inner,
  'two CL': publish(length, `Content-Length: ${event.length + inner.length}`) + event + inner,
  'the same CL twice': publish(length, length) + event + inner,
  'CL list': publish(`Content-Length: ${event.length}, ${event.length}`) + event + inner,
  'CL with a plus': publish(`Content-Length: +${event.length}`) + event + inner,
  'CL with a minus': publish(`Content-Length: -${event.length}`) + event + inner,
  'CL with a blank within': publish('Content-Length: 4 5') + event + inner,
  'CL in hex': publish('Content-Length: 0x2d') + event + inner,
  'CL with a fraction': publish('Content-Length: 45.0') + event + inner,
  'CL with an exponent': publish('Content-Length: 45e0') + event + inner,
  'CL of no digits': publish('Content-Length: ') + event + inner,
  'CL beyond 64 bits': publish(`Content-Length: 18446744073709551661`) + event + inner,
  'CL with a NUL': publish(`Content-Length: ${event.length}\0`) + event + inner,
  'CL in a folded line': publish(`Content-Length:\r\n ${event.length}`) + event + inner,
  'CL with an underscore beside': publish(`Content_Length: 0`, 'Content-Length: x') + event + inner,
  'GET with CL': head('GET', '/api/v1/change-types', `Content-Length: ${inner.length}`) + inner,
  'GET with chunked': head('GET', '/api/v1/change-types', 'Transfer-Encoding: chunked') + chunked(inner),
  'HEAD with CL': head('HEAD', '/api/v1/change-types', `Content-Length: ${inner.length}`) + inner,
  'a chunk size with a sign': publish('Transfer-Encoding: chunked') + `+2d\r\n${event}\r\n0\r\n\r\n${inner}`,
  'a chunk size with 0x': publish('Transfer-Encoding: chunked') + `0x2d\r\n${event}\r\n0\r\n\r\n${inner}`,
  'a chunk size beyond 64 bits': publish('Transfer-Encoding: chunked') + `1000000000000002d\r\n${event}\r\n0\r\n\r\n${inner}`,
  'a chunk line that ends with LF': publish('Transfer-Encoding: chunked') + `2d\n${event}\n0\n\n${inner}`,
  'a chunk longer than it says': publish('Transfer-Encoding: chunked') + `1\r\n${event}\r\n0\r\n\r\n${inner}`,
  'a chunk extension with LF': publish('Transfer-Encoding: chunked') + `2d;a=\n${event}\r\n0\r\n\r\n${inner}`,
  'trailers that are a request': publish('Transfer-Encoding: chunked') + `zz\r\n${inner}`,
  'a bare LF head': `POST /api/v1/events HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n${inner}`,
  'a NUL in a name': publish('X\0A: b', length) + event + inner,
  'no colon': publish('nonsense', length) + event + inner,
  'two hosts': publish('Host: y', length) + event + inner,
  'a blank before the first header': `GET /api/v1/stats HTTP/1.1\r\n Host: localhost\r\n\r\n${inner}`,
  'a version nobody speaks': head('GET', '/api/v1/stats').replace('HTTP/1.1', 'HTTP/1.11') + inner,
};

suite('hostile clients', () => {
  let lull;
  let watching;
  let footprint;

  before(async () => {
    lull = await startLull({ settings: { 'Debouncing:Interval': '00:30:00', 'Debouncing:MaxWait': '01:00:00' } });
    await register(lull, 'http://127.0.0.1:9/', { name: 'ours' });
    // Any service in use holds some memory: threads and buffers of its connections.
    await Promise.all(Array.from({ length: 64 }, () => lull.post('/events', JSON.parse(event))));
  });
  beforeEach(() => {
    footprint = footprintOf(lull.child.pid);
    watching = watch(lull);
  });
  afterEach(async (context) => {
    const { live, publish: published, calls, failures } = await watching.stop();
    const growth = footprint.growth();
    console.log(`  ${context.name}: ${growth.toFixed(1)} MiB above ${footprint.start.toFixed(1)}; beside it ${calls} calls, slowest `
      + `/healthz/live ${live.toFixed(0)} ms, publish ${published.toFixed(0)} ms`);
    assert.deepEqual(failures, []);
    assert.ok(growth <= mostGrowth, `${growth} MiB more`);
    assert.ok(live <= mostWait && published <= mostWait, `others waited: ${live} ms, ${published} ms`);
  });
  after(async () => {
    const names = (await all(lull, '/endpoints')).map(({ name }) => name);
    assert.deepEqual(names, ['ours'], 'a hidden request was carried out');
  });

  it('64 MiB of chunked body are cut at the limit', async () => {
    const piece = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    for (const path of ['/api/v1/events', '/api/v1/endpoints', '/api/v1/dead-letters/retry']) {
      const { statuses, sent } = await flood(lull.port, head('POST', path, json, 'Transfer-Encoding: chunked'), piece, 64 * MiB);
      assert.ok(statuses.every((status) => status === 413), `${path}: ${statuses}`);
      assert.ok(sent < 16 * MiB, `${path}: ${sent} bytes were taken`);
    }
  });

  it('64 MiB of body behind a Content-Length are not even read', async () => {
    const { statuses, sent } = await flood(lull.port, publish(`Content-Length: ${64 * MiB}`), ' '.repeat(0x10000), 64 * MiB);
    assert.ok(statuses.every((status) => status === 413), `${statuses}`);
    assert.ok(sent < 16 * MiB, `${sent} bytes were taken`);
  });

  it('20 MiB of one header line are cut at 32 KiB', async () => {
    const { statuses, sent } = await flood(lull.port, 'GET /healthz/live HTTP/1.1\r\nHost: localhost\r\nX-A: ', 'a'.repeat(0x10000), 20 * MiB);
    assert.ok(statuses.every((status) => status === 431), `${statuses}`);
    assert.ok(sent < 10 * MiB, `${sent} bytes were taken`);
  });

  it('20 MiB of headers, of a request target, and of nothing at all are cut, too', async () => {
    const cases = [['GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n', 'A: b\r\n'.repeat(10_000)], ['GET /', 'a'.repeat(0x10000)], ['', '\0'.repeat(0x10000)]];
    for (const [first, piece] of cases) {
      const { statuses } = await flood(lull.port, first, piece, 20 * MiB);
      assert.ok(statuses.every((status) => status === 431), `${first}: ${statuses}`);
    }
    const many = head('GET', '/healthz/live', ...Array.from({ length: 101 }, (_, i) => `X-${i}: y`));
    assert.deepEqual((await exchange(lull.port, many)).statuses, [431]);
  });

  it('JSON of 100,000 levels is refused', async () => {
    const nested = [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
      `{"type":"AssetCreated","itemId":1,"baseId":2,"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`];
    for (const body of nested) {
      for (const path of ['/events', '/endpoints', '/dead-letters/purge', '/windows/flush']) {
        const reply = await lull.post(path, body);
        assert.equal(reply.status, 400, `${path}: ${reply.text.slice(0, 200)}`);
        assert.match(reply.text, /64 levels|An event is a JSON object/, path);
      }
    }
  });

  it('giant arrays, objects and texts are refused, many at a time', async () => {
    const mib = (part) => `[${part}${`,${part}`.repeat(Math.floor((MiB - 100) / (part.length + 1)) - 1)}]`;
    const members = `{${Array.from({ length: 80_000 }, (_, i) => `"a${i}":1`).join()}}`;
    const text = 'x'.repeat(MiB - 200);
    const bodies = [mib('1'), mib('{}'), mib('[]'), mib('""'), mib('[{}]'), members, `{"name":"${text}"}`, `["${text}"]`, text,
      `{"name":"n","url":"http://${text}/","changeTypes":1}`, `{"ids":${mib('"dl_x"').slice(0, -200)}"]}`, `{"type":"${text}","itemId":1,"baseId":2}`];
    for (const path of ['/events', '/endpoints', '/dead-letters/retry']) {
      const replies = await Promise.all(bodies.map((body) => lull.post(path, body)));
      assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([400]), path);
      for (const reply of replies) assert.ok(reply.text.length < 64 * 1024, `${path} answers ${reply.text.length} bytes`);
    }
  });

  it('300 dripping connections hold up nobody and end at their deadline', async () => {
    const heads = Array.from({ length: 150 }, () => drip(lull.port, 'GET /healthz/live HTTP/1.1\r\nHost: localhost\r\nX-A: ', 'a'));
    const bodies = Array.from({ length: 150 }, (_, i) => (i % 2 ? drip(lull.port, publish('Content-Length: 1000000'), ' ')
      : drip(lull.port, publish('Transfer-Encoding: chunked'), '1\r\n \r\n')));
    await waitFor('the dripping heads are refused', () => heads.every(({ closed }) => closed), { timeout: 20_000 });
    for (const { text } of heads) assert.match(text, /^HTTP\/1\.1 408 /);
    await waitFor('the dripping bodies are refused', () => bodies.every(({ closed }) => closed), { timeout: 45_000 });
    for (const { text } of bodies) assert.match(text, /^HTTP\/1\.1 408 /);
  });

  it('900 dripping connections, more than there are threads, hold up nobody either', async () => {
    const dripping = Array.from({ length: 900 }, (_, i) => (i % 2 ? drip(lull.port, publish('Content-Length: 1000000'), ' ')
      : drip(lull.port, 'GET /healthz/live HTTP/1.1\r\nHost: localhost\r\nX-A: ', 'a')));
    await waitFor('half of them are gone', () => dripping.filter(({ closed }) => closed).length >= 450, { timeout: 20_000 });
    for (const each of dripping) each.end();
  });

  it('600 clients that ask and never read hold up nobody', async () => {
    const asking = Array.from({ length: 600 }, () => {
      const socket = connect(lull.port, '127.0.0.1').on('error', () => {});
      socket.pause();
      socket.write(head('GET', '/swagger/v1/swagger.json').repeat(100));
      return socket;
    });
    // The service gives up on all but those that fit its threads, while the watch goes on.
    await waitFor('30 more calls were answered', () => watching.seen.calls >= 30, { timeout: 20_000 });
    for (const socket of asking) socket.destroy();
  });

  it('5,000 idle connections, more than there are places, hold up nobody', async () => {
    let closed = 0;
    const idle = [];
    while (idle.length < 5_000) {
      const socket = connect(lull.port, '127.0.0.1').on('error', () => {}).on('close', () => { closed += 1; });
      idle.push(socket);
      // Probes come from this process, too: they must get their turn to say something.
      if (idle.length % 100 === 0) await new Promise((resolve) => { socket.once('connect', resolve).once('close', resolve); });
    }
    // At most 4,096 places (README, Strangers), of which those who work have theirs.
    await waitFor('those without a place are closed', () => closed > 900, { timeout: 20_000 });
    const before = watching.seen.calls;
    await waitFor('20 more calls were answered', () => watching.seen.calls >= before + 20, { timeout: 20_000 });
    for (const socket of idle) socket.destroy();
  });

  it('64 loops over /metrics and /stats hold up nobody', async () => {
    const seen = {};
    let running = true;
    const loops = Array.from({ length: 64 }, async (_, i) => {
      while (running) {
        const { status, headers } = await (i % 2 ? lull.outside('/metrics') : lull.get('/stats'));
        seen[status] = (seen[status] ?? 0) + 1;
        if (status === 503) assert.ok(Number(headers['retry-after']) > 0, 'Retry-After');
      }
    });
    await waitFor('1,000 of them were answered', () => Object.values(seen).reduce((sum, count) => sum + count, 0) >= 1_000, { timeout: 20_000 });
    running = false;
    await Promise.all(loops);
    assert.deepEqual(Object.keys(seen).filter((status) => !['200', '503'].includes(status)), []);
    assert.ok(seen[200] > 0);
  });

  it('300 test sends to a receiver that says nothing are 4 at once and 429 beyond', async () => {
    const silent = await startSink(() => ({ status: 200, hold: new Promise(() => {}) }));
    const { id } = await register(lull, silent.url, { name: 'silent', timeout: '00:00:02', enabled: false });
    const replies = await Promise.all(Array.from({ length: 300 }, () => lull.post(`/endpoints/${id}/test`)));
    const refused = replies.filter(({ status }) => status !== 200);
    assert.equal(silent.mostOpen, 4);
    assert.ok(refused.length >= 200, `${refused.length}`);
    for (const { status, headers, json: problem } of refused) {
      assert.equal(status, 429);
      assert.ok(Number(headers['retry-after']) > 0, 'Retry-After');
      assert.match(problem.detail, /4 test sends to this endpoint/);
    }
    assert.equal((await lull.delete(`/endpoints/${id}`)).status, 204);
  });

  it('a page of another site registers nothing and reads nothing', async () => {
    const origin = 'Origin: https://attacker.test';
    const body = smuggled;
    const post = (...headers) => head('POST', '/api/v1/endpoints', ...headers, `Content-Length: ${body.length}`, 'Connection: close') + body;
    const foreignHost = (text) => text.replace('Host: localhost', 'Host: attacker.test');
    const cases = [
      [post(json, origin), 403], [post('Content-Type: text/plain', origin), 403], [post(json, 'Origin: null'), 403],
      [post(json, 'Sec-Fetch-Site: cross-site'), 403], [foreignHost(post(json)), 421], [foreignHost(post(json, 'Origin: http://attacker.test')), 421],
      [foreignHost(head('GET', '/api/v1/endpoints', 'Connection: close')), 421], [foreignHost(head('GET', '/metrics', 'Connection: close')), 421],
    ];
    for (const [bytes, status] of cases) {
      const { statuses, text } = await exchange(lull.port, bytes);
      assert.deepEqual(statuses, [status], text);
      assert.doesNotMatch(text, /access-control-allow/i);
    }
  });

  for (const [what, bytes] of Object.entries(pairs)) {
    it(`smuggling by ${what} gets one refusal and a closed connection`, async () => {
      const { statuses, closed, text } = await exchange(lull.port, Buffer.from(bytes, 'latin1'));
      assert.equal(statuses.length, 1, text);
      assert.ok((statuses[0] >= 400 && statuses[0] < 500) || statuses[0] === 501 || statuses[0] === 505, text);
      assert.ok(closed, `the connection stays open after: ${text}`);
    });
  }
});
