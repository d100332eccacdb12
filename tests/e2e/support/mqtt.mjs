// An independent client of MQTT 3.1.1.
import { connect } from 'node:net';
import { waitFor } from './wait.mjs';

const text = (value) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};

/** A packet of less than 128 bytes behind its length. */
const packet = (type, ...parts) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([type, body.length]), body]);
};

const types = { accepted: 2, message: 3, taken: 4, subscribed: 9 };

/** As much of MQTT 3.1.1 as somebody needs who reads, or tries to write. */
export class Mqtt {
  /** What came: bodies as texts. */
  bodies = [];
  #came = Buffer.alloc(0);
  #seen = new Set();

  /** Without `keeps` the broker forgets its subscriptions when it goes. */
  static async connect(port, user, password, { clientId = user, keeps = false } = {}) {
    const client = new Mqtt(connect(port, '127.0.0.1'));
    const flags = Buffer.from([4, keeps ? 0xc0 : 0xc2, 0, 0]); // version, login, and no keep-alive
    client.socket.write(packet(0x10, text('MQTT'), flags, text(clientId), text(user), text(password)));
    await client.#until('the login', 'accepted');
    return client;
  }

  constructor(socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.once('close', () => { this.ended = true; });
    socket.on('data', (bytes) => this.#take(bytes));
  }

  /** @returns the quality of service that was granted; 128 is a refusal. */
  async subscribe(topic) {
    this.socket.write(packet(0x82, Buffer.from([0, 1]), text(topic), Buffer.from([1])));
    await this.#until(`the subscription to ${topic}`, 'subscribed');
    return this.granted;
  }

  /** @returns whether the broker takes a message; Artemis ends the connection of who may not write. */
  async publish(topic, body) {
    this.socket.write(packet(0x32, text(topic), Buffer.from([0, 2]), Buffer.from(body)));
    await waitFor('an answer', () => this.ended || this.#seen.has(types.taken));
    return this.#seen.has(types.taken);
  }

  async first(count) {
    await waitFor(`${count} messages over MQTT`, () => this.bodies.length >= count, { timeout: 20_000 });
    return this.bodies;
  }

  close() { this.socket.destroy(); }

  #until(what, type) {
    return waitFor(what, () => {
      if (this.ended) throw new Error(`the broker ended the connection instead of ${what}`);
      return this.#seen.has(types[type]);
    });
  }

  #take(bytes) {
    this.#came = Buffer.concat([this.#came, bytes]);
    for (let cut = cutPacket(this.#came); cut; cut = cutPacket(this.#came)) {
      this.#came = this.#came.subarray(cut.end);
      this.#seen.add(cut.type);
      if (cut.type === types.subscribed) this.granted = cut.body[2];
      if (cut.type === types.accepted && cut.body[1] !== 0) this.socket.destroy();
      if (cut.type === types.message) this.#message(cut);
    }
  }

  #message({ flags, body }) {
    const at = body.readUInt16BE(0) + 2;
    const acknowledged = (flags & 6) !== 0;
    this.bodies.push(body.subarray(at + (acknowledged ? 2 : 0)).toString());
    if (acknowledged) this.socket.write(packet(0x40, body.subarray(at, at + 2)));
  }
}

function cutPacket(bytes) {
  let length = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7, ++at) {
    if (at >= bytes.length) return undefined;
    length |= (bytes[at] & 127) << shift;
    if (bytes[at] < 128) break;
  }
  const end = at + 1 + length;
  return end > bytes.length ? undefined : { type: bytes[0] >> 4, flags: bytes[0] & 15, body: bytes.subarray(at + 1, end), end };
}
