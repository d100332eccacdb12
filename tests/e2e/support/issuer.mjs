// A stand-in for an OpenID Connect provider on loopback: discovery, a key set that can be rotated, and tokens of every
// kind, good and bad.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import http from 'node:http';
import { defer } from './cleanup.mjs';

const encoded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

/** A key pair of `RS256` or `ES256` that is published under `kid`. */
export function makeKey(alg, kid) {
  const { publicKey, privateKey } = alg === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { alg, kid, privateKey, jwk, pem: publicKey.export({ format: 'pem', type: 'spki' }) };
}

/** A listening provider: `url` is its issuer. */
export async function startIssuer(keys = [makeKey('RS256', 'rsa-1'), makeKey('ES256', 'ec-1')]) {
  const issuer = new Issuer(keys);
  await issuer.listen();
  defer(() => issuer.close());
  return issuer;
}

class Issuer {
  requests = [];
  /** Set: every answer has this status; `'hangs'`: no answer comes. */
  failing = undefined;

  constructor(keys) {
    this.keys = keys;
  }

  listen(port = 0) {
    this.server = http.createServer((request, reply) => this.#answer(request, reply));
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        this.port = this.server.address().port;
        this.url = `http://127.0.0.1:${this.port}/realms/lull`;
        resolve();
      });
    });
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  #answer({ url }, reply) {
    this.requests.push(url);
    const documents = {
      '/realms/lull/.well-known/openid-configuration': { issuer: this.url, jwks_uri: `${this.url}/certs` },
      '/realms/lull/certs': { keys: this.keys.map(({ jwk }) => jwk) },
    };
    if (this.failing === 'hangs') return;
    const status = this.failing ?? (documents[url] ? 200 : 404);
    reply.writeHead(status, { 'Content-Type': 'application/json' });
    reply.end(status === 200 ? JSON.stringify(documents[url]) : '{}');
  }

  claims(more = {}) {
    return { iss: this.url, aud: 'lull', sub: 'ada', exp: seconds() + 300, ...more };
  }

  /** A good token with these claims besides; `header` and `key` make it another one. */
  token(more = {}, { key = this.keys[0], header = {} } = {}) {
    const content = `${encoded({ alg: key.alg, typ: 'JWT', kid: key.kid, ...header })}.${encoded(this.claims(more))}`;
    const signature = sign('sha256', Buffer.from(content), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${content}.${signature.toString('base64url')}`;
  }

  /** Without a signature. */
  unsigned(more = {}) {
    return `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(this.claims(more))}.`;
  }

  /** Signed by HMAC with the public key as its secret: taken by whoever lets the token choose the algorithm. */
  confused(more = {}, header = { alg: 'HS256', typ: 'JWT' }) {
    const [key] = this.keys;
    const content = `${encoded({ ...header, kid: key.kid })}.${encoded(this.claims(more))}`;
    return `${content}.${createHmac('sha256', key.pem).update(content).digest('base64url')}`;
  }

  expired(more = {}) {
    return this.token({ ...more, exp: seconds() - 120 });
  }
}
