// The receivers: well-behaved until told otherwise, and honest in the ledger about what they answered. One line per POST:
// when it came, what it carried, what was answered, and whether the answer went out whole before the caller was gone.
import { createServer } from 'node:http';
import { now, pause } from './ledger.mjs';

const headOf = (status, text = '') => `HTTP/1.1 ${status} X\r\n${text}`;

/** What a receiver may do with a POST. A 2xx is only ever sent whole, so that success is never in doubt. */
const moods = {
  ok: (_, response) => response.writeHead(200).end(),
  slow: (_, response, random) => delayed(random.between(50, 600), response, 204),
  fail: (_, response) => response.writeHead(500, { 'Content-Type': 'text/plain' }).end('no'),
  busy: (_, response) => response.writeHead(429, { 'Retry-After': '1' }).end(),
  unavailable: (_, response) => response.writeHead(503, { 'Retry-After': '1' }).end(),
  again: (_, response) => response.writeHead(503, { 'Retry-After': '0' }).end(),
  limited: ({ socket }, response) => (tenASecond(socket.localPort) ? response.writeHead(200).end() : moods.busy(undefined, response)),
  refuse: (_, response) => response.writeHead(422).end('never'),
  picky: (request, response) => (request.item % 2 === 0 ? response.writeHead(200).end() : moods.refuse(request, response)),
  redirect: (request, response) => response.writeHead(302, { Location: `http://127.0.0.1:${request.socket.localPort}/elsewhere` }).end(),
  reset: (_, response) => response.socket.resetAndDestroy(),
  blackhole: () => {},
  drip: (_, response) => endless(response, headOf(200, 'X-Drip: '), 'x', 100),
  headers: (_, response) => endless(response, headOf(500), `X-More: ${'y'.repeat(8000)}\r\n`, 2),
  body: (_, response) => endless(response, headOf(500, 'Transfer-Encoding: chunked\r\n\r\n'), `1000\r\n${'z'.repeat(4096)}\r\n`, 2),
  late: (_, response) => delayed(2_500, response, 200),
  later: (_, response) => delayed(3_200, response, 200),
};

const resultOf = (result) => (_, response) => {
  response.result = result;
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ result, message: `it is ${result}` }));
};

/** What a receiver may say besides when its answers are read (`results: body`): a 2xx that is no success. */
const results = { Error: resultOf('Error'), ErrorAndSkip: resultOf('ErrorAndSkip'), SkipNow: resultOf('SkipNow'), OK: resultOf('OK') };

// A limit as many gateways have it: so many in a second of the clock. Of all endpoints of a port, since that is one receiver.
const taken = new Map();
function tenASecond(port) {
  const second = Math.floor(now() / 1000);
  const before = taken.get(port);
  const count = before?.second === second ? before.count : 0;
  taken.set(port, { second, count: Math.min(count + 1, 10) });
  return count < 10;
}
/** @param endpoint as the operator knows it. */
export const badMoodsOf = ({ results: read }) => [...Object.keys(moods), ...(read === 'body' ? Object.keys(results) : [])].filter((mood) => mood !== 'ok');

function delayed(ms, response, status) {
  setTimeout(() => { if (!response.destroyed) response.writeHead(status).end(); }, ms);
}

// Never ends by itself: the caller has to give up.
function endless(response, first, more, everyMs) {
  const { socket } = response;
  socket.write(first);
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.writableLength < 1e6 && socket.write(more)), everyMs);
  socket.once('close', () => clearInterval(timer));
}

const count = (counts, name) => counts.set(name, (counts.get(name) ?? 0) + 1);

export class Receivers {
  #servers = [];
  #moods = new Map();
  #onRequest = [];
  #onAnswered = [];
  #arrivals = new Map();
  #successes = new Map();
  requests = 0;

  constructor(ledger, random) {
    this.ledger = ledger;
    this.random = random;
  }

  async start(count) {
    for (let i = 0; i < count; i += 1) {
      const server = createServer((request, response) => this.#take(request, response));
      server.keepAliveTimeout = 1_000;
      await new Promise((resolve) => server.listen(0, '127.0.0.1', 512, resolve));
      this.#servers.push(server);
    }
  }

  get ports() { return this.#servers.map((server) => server.address().port); }

  /** Waits until `count` POSTs of the endpoint came, or were answered with success; whether it was in time is the checker's to say. */
  arrivals(endpoint) { return this.#arrivals.get(endpoint) ?? 0; }
  received(endpoint, count, mostMs) { return this.#reached(this.#arrivals, endpoint, count, mostMs); }
  answered(endpoint, count, mostMs) { return this.#reached(this.#successes, endpoint, count, mostMs); }

  async #reached(counts, endpoint, count, mostMs) {
    for (const until = now() + mostMs; now() < until && (counts.get(endpoint) ?? 0) < count;) await pause(20);
  }

  setMood(endpoint, mood, share = 1) { this.#moods.set(endpoint, { mood, share }); }
  calm() { this.#moods.clear(); }

  /** Springs once: `action(port of the caller)` when a POST is there and unanswered, or right behind a 2xx. */
  trap(when, action) {
    const list = when === 'mid-post' ? this.#onRequest : this.#onAnswered;
    let settle;
    const sprung = new Promise((resolve) => { settle = resolve; });
    const trap = (port) => Promise.resolve(action(port)).then(() => settle(true));
    list.push(trap);
    // One that is springing settles when its action is done, as in proxy.mjs.
    const cancel = () => {
      const at = list.indexOf(trap);
      if (at < 0) return;
      list.splice(at, 1);
      settle(false);
    };
    return { sprung, cancel };
  }

  async stop() {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #take(request, response) {
    const at = now();
    const chunks = [];
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => this.#answer(request, response, { at, body: Buffer.concat(chunks).toString('utf8') }));
  }

  async #answer(request, response, { at, body }) {
    this.requests += 1;
    const endpoint = request.url.split('/')[1];
    count(this.#arrivals, endpoint);
    const { ChangeType: type, Data: data } = JSON.parse(body);
    request.item = Number(`${data.ItemId}`.replace(/\D/g, ''));
    const { headers } = request;
    const set = this.#moods.get(endpoint);
    const mood = set && this.random.chance(set.share) ? set.mood : 'ok';
    const record = {
      ep: endpoint, key: `${type}|${data.ItemId}`, upto: Number(headers['lull-sequence']), id: headers['webhook-id'],
      attempt: Number(headers['lull-attempt']), events: Number(headers['lull-event-count']), base: data.BaseId, at, mood,
      ...(headers['lull-replay'] === 'true' && { replay: true }),
      signedAhead: Number(headers['webhook-timestamp']) * 1000 - Date.now(),
    };
    const port = request.socket.remotePort;
    let told = false;
    const tell = (ok) => {
      if (told) return;
      told = true;
      this.ledger.write(`attempts/${endpoint}`, { ...record, end: now(), status: response.headersSent ? response.statusCode : 0, ok });
    };
    response.on('finish', () => {
      const ok = response.statusCode < 300 && !request.socket.destroyed && [undefined, 'OK'].includes(response.result);
      tell(ok);
      if (ok) count(this.#successes, endpoint);
      if (ok) this.#onAnswered.shift()?.(port);
    });
    response.once('close', () => tell(false));
    const trap = this.#onRequest.shift();
    if (trap) await trap(port);
    if (!request.socket.destroyed) (moods[mood] ?? results[mood])(request, response, this.random);
  }
}
