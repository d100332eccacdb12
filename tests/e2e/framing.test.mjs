// Requests that two parsers could read differently are refused and the connection closed.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { suite } from './support/cleanup.mjs';
import { startLull } from './support/lull.mjs';
import { exchange } from './support/raw.mjs';
import { all } from './support/scenario.mjs';

const lines = (...parts) => parts.join('\r\n');
const smuggled = '{"name":"smuggled","url":"http://127.0.0.1:9/","changeTypes":1}';
const inner = lines('POST /api/v1/endpoints HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', `Content-Length: ${smuggled.length}`, '', smuggled);
const event = '{"type":"AssetCreated","itemId":1,"baseId":2}';
const publish = (...headers) => lines('POST /api/v1/events HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...headers, '', '');
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;

const refused = {
  'Transfer-Encoding with Content-Length': publish(`Content-Length: ${event.length}`, 'Transfer-Encoding: chunked') + `0\r\n\r\n${inner}`,
  'Content-Length behind Transfer-Encoding': publish('Transfer-Encoding: chunked', 'Content-Length: 5') + `0\r\n\r\n${inner}`,
  'an unknown coding': publish('Transfer-Encoding: gzip') + event + inner,
  'a coding before chunked': publish('Transfer-Encoding: gzip, chunked') + `0\r\n\r\n${inner}`,
  'chunked that is not last': publish('Transfer-Encoding: chunked, identity') + `0\r\n\r\n${inner}`,
  'a disguised coding': publish('Transfer-Encoding: xchunked') + `0\r\n\r\n${inner}`,
  'two codings': publish('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + `0\r\n\r\n${inner}`,
  'a blank before the colon': publish('Transfer-Encoding : chunked', `Content-Length: ${event.length}`) + `${event}${inner}`,
  'differing Content-Lengths': publish(`Content-Length: ${event.length}`, 'Content-Length: 0') + event + inner,
  'a list of differing lengths': publish(`Content-Length: ${event.length}, 0`) + event + inner,
  'a length that is no number': publish('Content-Length: abc') + event + inner,
  'a signed length': publish(`Content-Length: +${event.length}`) + event + inner,
  'a negative length': publish('Content-Length: -1') + event + inner,
  'a hexadecimal length': publish('Content-Length: 0x10') + event + inner,
  'an empty length': publish('Content-Length: ') + event + inner,
  'a length beyond 64 bits': publish('Content-Length: 99999999999999999999999') + event + inner,
  'a bad chunk size': publish('Transfer-Encoding: chunked') + `zz\r\n${event}\r\n0\r\n\r\n${inner}`,
};

suite('framing', () => {
  let lull;
  before(async () => { lull = await startLull({ settings: { 'Debouncing:Interval': '00:10:00' } }); });

  for (const [what, bytes] of Object.entries(refused)) {
    it(`refuses ${what} and closes`, async () => {
      const { statuses, closed, text } = await exchange(lull.port, bytes);
      assert.equal(statuses.length, 1, text);
      assert.ok((statuses[0] >= 400 && statuses[0] < 500) || statuses[0] === 501, text);
      assert.ok(closed, `the connection stays open after: ${text}`);
    });
  }

  it('never reads the body of a GET as a request', async () => {
    const get = lines('GET /api/v1/change-types HTTP/1.1', 'Host: localhost', `Content-Length: ${inner.length}`, '', '') + inner;
    assert.equal((await exchange(lull.port, get)).statuses.length, 1);
    const chunked = lines('GET /api/v1/change-types HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: chunked', '', '') + chunk(inner) + '0\r\n\r\n';
    assert.equal((await exchange(lull.port, chunked)).statuses.length, 1);
  });

  it('never reads the body of a refused request as a request', async () => {
    for (const path of ['/nothing', '/api/v1/change-types', '/api/v1/endpoints/1/nothing', '/healthz/live']) {
      const bytes = lines(`POST ${path} HTTP/1.1`, 'Host: localhost', 'Content-Type: text/plain', `Content-Length: ${inner.length}`, '', '') + inner;
      const { statuses } = await exchange(lull.port, bytes);
      assert.equal(statuses.length, 1, path);
      assert.ok(statuses[0] >= 400, path);
    }
  });

  it('has let none of them through', async () => {
    assert.deepEqual(await all(lull, '/endpoints'), []);
    assert.equal((await lull.metrics()).value('lull_fleet_events_accepted_total'), 0);
  });

  it('takes a well-formed chunked body, and several requests on one connection', async () => {
    const chunked = publish('Transfer-Encoding: chunked', 'Connection: close') + chunk(event.slice(0, 7)) + chunk(event.slice(7)) + '0\r\n\r\n';
    assert.deepEqual((await exchange(lull.port, chunked)).statuses, [202]);
    const plain = publish(`Content-Length: ${event.length}`) + event;
    assert.deepEqual((await exchange(lull.port, plain + plain)).statuses, [202, 202]);
  });

  it('answers nonsense with 400 or not at all, and lives on', async () => {
    for (const bytes of ['\r\n\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`, '\u0000\u0001\u0002\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(20_000)}\r\n`, 'GET / HTTP/1.1\r\nHost: localhost\r\nX: a\nb\r\n\r\n']) {
      const { statuses } = await exchange(lull.port, bytes, { timeout: 3_000 }).catch(() => ({ statuses: [] }));
      assert.ok(statuses.every((status) => (status >= 400 && status < 506) || [200, 302, 307, 308].includes(status)), `${bytes.slice(0, 40)}: ${statuses}`);
      assert.equal((await lull.outside('/healthz/live')).status, 200);
    }
  });
});
