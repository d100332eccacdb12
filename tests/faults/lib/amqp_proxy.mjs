// A TCP proxy in front of RabbitMQ, one per instance, that knows where one frame of AMQP 0-9-1 ends. As proxy.mjs does with Redis, it cuts
// connections, and holds the world where it matters: before a message is handed to the broker, behind it, and before its confirm comes back.
import { connect, createServer } from 'node:net';

/** What a frame is to the harness: `publish`, `body`, `ack`, or nothing. */
function nameOf(frame) {
  const type = frame[0];
  if (type === 3) return 'body';
  if (type !== 1 || frame.readUInt16BE(7) !== 60) return undefined; // 60: class basic
  return { 40: 'publish', 80: 'ack' }[frame.readUInt16BE(9)];
}

/** Cuts a stream into whole frames (type, channel, length, payload, end); what a client says first is no frame, and 8 bytes. */
class FrameReader {
  #rest = Buffer.alloc(0);
  #begins;

  constructor(isClient) { this.#begins = isClient; }

  push(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames = [];
    for (let length; (length = this.#lengthOfFirst()) <= this.#rest.length;) {
      frames.push({ bytes: this.#rest.subarray(0, length), name: this.#begins ? undefined : nameOf(this.#rest) });
      this.#rest = this.#rest.subarray(length);
      this.#begins = false;
    }
    return frames;
  }

  #lengthOfFirst() {
    if (this.#begins) return 8;
    return this.#rest.length < 7 ? Infinity : this.#rest.readUInt32BE(3) + 8;
  }
}

export class AmqpProxy {
  #links = new Set();
  #traps = [];
  #server;

  constructor(brokerPort) { this.brokerPort = brokerPort; }

  async start() {
    this.#server = createServer({ noDelay: true }, (client) => {
      const link = new Link(this, client, () => this.#links.delete(link));
      this.#links.add(link);
    });
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
  }

  /** Springs once, `before` or `after` such a frame passes; `fate` says what becomes of the connection then: pass | cut. As in proxy.mjs. */
  trap({ frame, when, action, fate = 'pass' }) {
    const trap = { frame, when, action, fate };
    trap.sprung = new Promise((resolve) => { trap.settle = resolve; });
    this.#traps.push(trap);
    const cancel = () => {
      const at = this.#traps.indexOf(trap);
      if (at >= 0) this.#traps.splice(at, 1)[0].settle(false);
    };
    return { sprung: trap.sprung, cancel };
  }

  takeTrap(frame, when) {
    const at = this.#traps.findIndex((trap) => trap.frame === frame && trap.when === when);
    return at < 0 ? undefined : this.#traps.splice(at, 1)[0];
  }

  cutAll() {
    for (const link of [...this.#links]) link.cut();
  }

  async stop() {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One connection of an instance: frames of either direction, each passed on in turn unless one is held. */
class Link {
  #waiting = [];
  #moving = false;
  #cut = false;

  constructor(proxy, client, onEnd) {
    Object.assign(this, { proxy, client, onEnd });
    this.broker = connect({ port: proxy.brokerPort, host: '127.0.0.1', noDelay: true });
    const passesOn = (from, to, frames) => from.on('data', (chunk) => {
      this.#waiting.push(...frames.push(chunk).map((frame) => ({ ...frame, to })));
      this.#move();
    });
    passesOn(client, this.broker, new FrameReader(true));
    passesOn(this.broker, client, new FrameReader(false));
    for (const socket of [client, this.broker]) {
      socket.on('error', () => this.cut());
      socket.on('close', () => this.cut());
    }
  }

  cut() {
    if (this.#cut) return;
    this.#cut = true;
    this.client.destroy();
    this.broker.destroy();
    this.onEnd();
  }

  async #move() {
    if (this.#moving) return;
    this.#moving = true;
    while (this.#waiting.length > 0 && !this.#cut) {
      const { bytes, name, to } = this.#waiting.shift();
      await this.#spring(name, 'before');
      if (this.#cut) break;
      to.write(bytes);
      await this.#spring(name, 'after');
    }
    this.#moving = false;
  }

  async #spring(name, when) {
    const trap = name && this.proxy.takeTrap(name, when);
    if (!trap) return;
    await trap.action();
    if (trap.fate === 'cut') this.cut();
    trap.settle(true);
  }
}
