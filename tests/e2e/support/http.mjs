// A plain HTTP client: one connection per request, so that killing a server never leaves a stale pooled one behind.
import http from 'node:http';
import { within } from './wait.mjs';

/** @returns {Promise<{status: number, headers: object, text: string, json: any}>} */
export function request(method, url, { body, headers = {}, timeout = 15_000 } = {}) {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const sent = { ...headers };
  if (bytes && !('Transfer-Encoding' in headers)) sent['Content-Length'] = bytes.length;
  let outgoing;
  const reply = new Promise((resolve, reject) => {
    outgoing = http.request(url, { method, headers: sent, agent: false }, (incoming) => {
      const chunks = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => resolve(parsed(incoming, Buffer.concat(chunks).toString('utf8'))));
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
  return within(timeout, `${method} ${url}`, reply).finally(() => outgoing.destroy());
}

function parsed(incoming, text) {
  const type = incoming.headers['content-type'] ?? '';
  const json = /json/.test(type) && text !== '' ? JSON.parse(text) : undefined;
  return { status: incoming.statusCode, headers: incoming.headers, text, json };
}

/** The calls of one service: paths are below `{PathBase}/api/v1`. */
export function client(base, defaultHeaders = {}) {
  const send = (method, path, body, headers = {}, options = {}) => {
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const typed = body === undefined ? {} : { 'Content-Type': type };
    return request(method, base + path, {
      body: body === undefined || isText ? body : JSON.stringify(body),
      headers: { ...typed, ...defaultHeaders, ...headers },
      ...options,
    });
  };
  return {
    base,
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: (path, body, headers, options) => send('POST', path, body, headers, options),
    put: (path, body, headers) => send('PUT', path, body, headers),
    patch: (path, body, headers) => send('PATCH', path, body, headers),
    delete: (path, headers) => send('DELETE', path, undefined, headers),
    with: (more) => client(base, { ...defaultHeaders, ...more }),
  };
}
