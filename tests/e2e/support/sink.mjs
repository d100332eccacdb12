// A receiver on loopback that records every POST and answers as the test says: a fixed status, one per request, or
// held open until the test lets go.
import http from 'node:http';
import { defer } from './cleanup.mjs';
import { waitFor } from './wait.mjs';

/**
 * `answer(request, index)` returns `{status, headers?, body?, hold?}`; `hold` is a promise to wait for. `sink.answer`
 * may be replaced at any time.
 */
export async function startSink(answer = () => ({ status: 200 })) {
  const sink = new Sink(answer);
  await sink.listen();
  defer(() => sink.close());
  return sink;
}

class Sink {
  requests = [];
  open = 0;
  mostOpen = 0;

  constructor(answer) {
    this.answer = answer;
    this.server = http.createServer((incoming, reply) => this.#receive(incoming, reply));
    this.server.keepAliveTimeout = 60_000;
  }

  listen(port = 0) {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        this.port = this.server.address().port;
        this.url = `http://127.0.0.1:${this.port}`;
        resolve();
      });
    });
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  /** Everything received on `path` so far (all paths without one). */
  at(path) {
    return path === undefined ? this.requests : this.requests.filter((request) => request.path === path);
  }

  /** Waits until at least `count` have arrived on `path`, and returns them. */
  received(count, path, timeout = 10_000) {
    return waitFor(`${count} notifications at ${path ?? 'the sink'}`, () => {
      const seen = this.at(path);
      return seen.length >= count ? seen : undefined;
    }, { timeout }).catch((error) => {
      throw new Error(`${error.message}; arrived: ${this.at(path).length}`);
    });
  }

  #receive(incoming, reply) {
    const chunks = [];
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    reply.once('close', () => { this.open -= 1; });
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', async () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { method, url: path, headers, rawHeaders } = incoming;
      const record = { at: Date.now(), method, path, headers, rawHeaders, body };
      this.requests.push(record);
      const { status, headers: answered = {}, body: text = '', hold } =
        this.answer(record, this.requests.length - 1) ?? { status: 200 };
      record.status = status;
      if (hold) await hold;
      reply.writeHead(status, answered);
      reply.end(text);
    });
  }
}

/** A promise and the function that settles it, to hold an answer back. */
export function gate() {
  let open;
  const opened = new Promise((resolve) => { open = resolve; });
  return { opened, open };
}
