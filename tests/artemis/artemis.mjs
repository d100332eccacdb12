// An ActiveMQ Artemis of the suite's own (tests/support/artemis.sh), on loopback, and independent clients of it: AMQP 1.0 by rhea, STOMP and MQTT
// by hand.
import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import rhea from '../e2e/node_modules/rhea/lib/container.js';
import { defer, temporaryDirectory } from '../e2e/support/cleanup.mjs';
import { repository } from '../e2e/support/lull.mjs';
import { freePort } from '../e2e/support/redis.mjs';
import { Stomp } from '../e2e/support/stomp.mjs';
import { waitFor } from '../e2e/support/wait.mjs';

const script = resolve(repository, 'tests/support/artemis.sh');

const takes = (port) => new Promise((answer) => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); answer(true); });
  socket.once('error', () => answer(false));
});

export async function startArtemis() {
  const artemis = new Artemis(temporaryDirectory('artemis'), [await freePort(), await freePort()]);
  defer(() => artemis.kill9());
  await artemis.start();
  return artemis;
}

class Artemis {
  password = 'hare-and-hounds';

  constructor(folder, ports) {
    this.folder = folder;
    this.ports = ports;
    [this.port, this.tlsPort] = ports;
  }

  /** Starts it, with the data that an earlier start left. */
  async start() {
    const log = openSync(join(this.folder, 'output'), 'a');
    this.child = spawn(script, ['start', this.folder, ...this.ports.map(String)], { detached: true, stdio: ['ignore', log, log] });
    this.exited = new Promise((ended) => this.child.once('exit', ended));
    this.exited.then(() => { this.child = undefined; });
    await waitFor('Artemis takes connections', async () => {
      if (!this.child) throw new Error(`it ended: ${this.log(2000)}`);
      return await takes(this.port) && takes(this.tlsPort);
    }, { timeout: 90_000, interval: 100 });
  }

  async kill9() {
    if (!this.child) return;
    process.kill(-this.child.pid, 'SIGKILL');
    await this.exited;
  }

  log(bytes = 20_000) {
    return readFileSync(join(this.folder, 'output'), 'utf8').slice(-bytes);
  }

  /** The settings of a Lull that knows it by AMQP (`amqp`), by AMQP with TLS (`amqps`), and the same by STOMP. */
  settings() {
    const each = [['amqp', 'amqp'], ['amqps', 'amqp'], ['stomp', 'stomp'], ['stomps', 'stomp']].map(([name, protocol], i) => {
      const tls = name.endsWith('s') && name !== 'stomp' || name === 'stomps';
      return {
        [`Brokers:${i}:Name`]: name, [`Brokers:${i}:Protocol`]: protocol, [`Brokers:${i}:Username`]: 'lull', [`Brokers:${i}:Password`]: this.password,
        [`Brokers:${i}:Url`]: tls ? `amqps:localhost port:${this.tlsPort}` : `amqp:127.0.0.1 port:${this.port}`,
        ...(tls ? { [`Brokers:${i}:CaFile`]: join(this.folder, 'ca.pem') } : {}),
      };
    });
    return Object.assign({}, ...each);
  }

  /** Takes out what a queue holds, so many at least, until nothing has come for a moment: `{id, properties, contentType, durable, body}`. */
  async overAmqp(queue, { user = 'operator', quiet = 700, least = 0 } = {}) {
    const connection = this.#amqp(user);
    const messages = [];
    let last = Date.now();
    connection.open_receiver({ source: { address: queue, capabilities: ['queue'] }, credit_window: 200 });
    const refused = [];
    connection.on('receiver_error', ({ receiver }) => refused.push(receiver.error));
    connection.on('message', ({ message }) => {
      last = Date.now();
      const body = message.body?.content ?? message.body;
      messages.push({
        id: message.message_id, properties: message.application_properties, contentType: message.content_type, durable: message.durable,
        isData: message.body?.typecode !== undefined, body: Buffer.from(body).toString(),
      });
    });
    await waitFor('nothing more comes', () => refused.length > 0 || (messages.length >= least && Date.now() - last > quiet), { timeout: 60_000, interval: 50 });
    connection.close();
    if (refused.length > 0) throw new Error(String(refused[0]?.condition));
    return messages;
  }

  /** What becomes of a message that somebody sends: `accepted`, or the reason. */
  send(user, queue, body) {
    const connection = this.#amqp(user);
    return new Promise((answer) => {
      const done = (what) => { connection.close(); answer(what); };
      const sender = connection.open_sender({ target: { address: queue, capabilities: ['queue'] } });
      sender.once('sendable', () => sender.send({ body }));
      connection.on('accepted', () => done('accepted'));
      connection.on('rejected', ({ delivery }) => done(delivery.remote_state?.error?.condition ?? 'rejected'));
      connection.on('sender_error', () => done(String(sender.error?.condition)));
    });
  }

  async overStomp(queue, { quiet = 700 } = {}) {
    const client = await Stomp.connect(this.port, 'operator', this.password);
    return client.drain(queue, quiet);
  }

  /** By MQTT 3.1.1 the first messages that come: bodies only. `ready` is called once it is subscribed. In topics a slash is the address's point. */
  async overMqtt(topic, count, ready) {
    const socket = connect(this.port, '127.0.0.1');
    const text = (value) => { const bytes = Buffer.from(value); return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]); };
    const packet = (type, ...parts) => { const body = Buffer.concat(parts); return Buffer.concat([Buffer.from([type, body.length]), body]); };
    socket.write(packet(0x10, text('MQTT'), Buffer.from([4, 0xc2, 0, 0]), text('lull-reader'), text('operator'), text(this.password)));
    socket.write(packet(0x82, Buffer.from([0, 1]), text(topic), Buffer.from([1])));
    let came = Buffer.alloc(0);
    const bodies = [];
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      came = Buffer.concat([came, bytes]);
      for (let cut = cutPacket(came); cut; cut = cutPacket(came)) {
        came = came.subarray(cut.end);
        if (cut.type === 9) ready?.();
        if (cut.type !== 3) continue;
        const topicBytes = cut.body.readUInt16BE(0) + 2;
        const id = cut.body.subarray(topicBytes, topicBytes + 2);
        const acknowledged = (cut.flags & 6) !== 0;
        bodies.push(cut.body.subarray(topicBytes + (acknowledged ? 2 : 0)).toString());
        if (acknowledged) socket.write(packet(0x40, id));
      }
    });
    try {
      await waitFor(`${count} messages over MQTT`, () => bodies.length >= count, { timeout: 20_000 });
    } finally {
      socket.destroy();
    }
    return bodies;
  }

  #amqp(user) {
    const container = rhea.create_container();
    container.on('connection_error', () => {});
    container.on('disconnected', () => {});
    return container.connect({ host: '127.0.0.1', port: this.port, username: user, password: this.password, reconnect: false });
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
