// One connection that is kept, one call on it at a time: small enough for ten thousand of them in one process.
import { connect } from 'node:net';

export class Wire {
  #rest = '';
  #resolve;

  /** @param source the local address: one has ports for 28,000 connections */
  constructor(port, source = '127.0.0.1') {
    this.closed = false;
    this.socket = connect({ host: '127.0.0.1', port, localAddress: source, noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text) => { this.#rest += text; this.#take(); });
    this.socket.on('error', () => {}).on('close', () => { this.closed = true; this.#answer({ status: 0, headers: {}, body: '' }); });
  }

  /** @returns {{status, headers, body}}; status 0: the connection was closed. */
  call(method, path, body) {
    if (this.closed) return Promise.resolve({ status: 0, headers: {}, body: '' });
    const content = body === undefined ? '' : JSON.stringify(body);
    const type = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${content.length}\r\n`;
    this.socket.write(`${method} /api/v1${path} HTTP/1.1\r\nHost: localhost\r\n${type}\r\n${content}`);
    return new Promise((resolve) => { this.#resolve = resolve; });
  }

  destroy() {
    this.socket.destroy();
  }

  #take() {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [first, ...lines] = this.#rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
    const whole = end + 4 + Number(headers['content-length'] ?? 0);
    if (this.#rest.length < whole) return;
    const body = this.#rest.slice(end + 4, whole);
    this.#rest = this.#rest.slice(whole);
    this.#answer({ status: Number(first.split(' ')[1]), headers, body });
  }

  #answer(reply) {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(reply);
  }
}

/** 127.0.0.2, .3, …: each takes five thousand connections. */
export const sourceOf = (index) => `127.0.0.${2 + Math.floor(index / 5_000) % 200}`;
