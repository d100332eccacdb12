// A stand-in for an OpenID Connect provider on loopback: discovery, a key set that can be rotated, tokens of every kind, good
// and bad, and the authorization code flow with PKCE for one public client.
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
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

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

class Issuer {
  requests = [];
  /** Set: every answer has this status; `'hangs'`: no answer comes. */
  failing = undefined;
  /** The public client that may sign people in, and what its redirect URIs end with. */
  client = { id: 'lull-console', redirectPath: '/console/' };
  /** The claims of whoever signs in: nobody is asked. */
  signsIn = { sub: 'ada', roles: ['Integration_Endpoints_View'] };
  /** Set: what the token endpoint answers instead, `{status, body, type}`. */
  tokenAnswer = undefined;
  /** Forms that the token endpoint got. */
  forms = [];
  codes = new Map();

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

  async #answer(request, reply) {
    const { url } = request;
    this.requests.push(url);
    if (this.failing === undefined && url.startsWith('/realms/lull/authorize?')) return this.#authorize(new URL(url, this.url), reply);
    if (this.failing === undefined && url === '/realms/lull/token' && request.method === 'POST') return this.#grant(await bodyOf(request), reply);
    const documents = {
      '/realms/lull/.well-known/openid-configuration': {
        issuer: this.url, jwks_uri: `${this.url}/certs`, authorization_endpoint: `${this.url}/authorize`, token_endpoint: `${this.url}/token`,
      },
      '/realms/lull/certs': { keys: this.keys.map(({ jwk }) => jwk) },
    };
    if (this.failing === 'hangs') return;
    const status = this.failing ?? (documents[url] ? 200 : 404);
    reply.writeHead(status, { 'Content-Type': 'application/json' });
    return reply.end(status === 200 ? JSON.stringify(documents[url]) : '{}');
  }

  /** Signs the user in without a question, and leads back with a code (RFC 6749 section 4.1.2, RFC 7636 section 4.3). */
  #authorize({ searchParams }, reply) {
    const asked = Object.fromEntries(searchParams);
    const known = asked.client_id === this.client.id && asked.redirect_uri?.endsWith(this.client.redirectPath);
    const good = asked.response_type === 'code' && asked.code_challenge_method === 'S256' && /^[\w-]{43}$/.test(asked.code_challenge ?? '');
    if (!known || !good) return reply.writeHead(400, { 'Content-Type': 'text/plain' }).end('unknown client, redirect URI or challenge');
    const code = randomBytes(16).toString('base64url');
    this.codes.set(code, { challenge: asked.code_challenge, redirectUri: asked.redirect_uri, scope: asked.scope });
    const back = new URL(asked.redirect_uri);
    back.searchParams.set('code', code);
    if (asked.state !== undefined) back.searchParams.set('state', asked.state);
    return reply.writeHead(302, { Location: back.href }).end();
  }

  /** Gives a token for a code, once, to whoever knows the verifier of its challenge. */
  #grant(body, reply) {
    const form = Object.fromEntries(new URLSearchParams(body));
    this.forms.push(form);
    const answer = (status, json) => reply.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(json));
    if (this.tokenAnswer === 'hangs') return undefined;
    if (this.tokenAnswer) return reply.writeHead(this.tokenAnswer.status, { 'Content-Type': 'application/json' }).end(this.tokenAnswer.body);
    if (form.grant_type !== 'authorization_code') return answer(400, { error: 'unsupported_grant_type' });
    if (form.client_id !== this.client.id) return answer(401, { error: 'invalid_client' });
    const granted = this.codes.get(form.code);
    this.codes.delete(form.code);
    const challenge = createHash('sha256').update(form.code_verifier ?? '').digest('base64url');
    const fits = granted && granted.challenge === challenge && granted.redirectUri === form.redirect_uri;
    if (!fits) return answer(400, { error: 'invalid_grant', error_description: `no such code: ${form.code}` });
    return answer(200, { access_token: this.token(this.signsIn), token_type: 'Bearer', expires_in: 300, scope: granted.scope,
      id_token: this.unsigned(), refresh_token: 'a-refresh-token' });
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
