// An ActiveMQ Artemis of the suite's own (tests/support/artemis.sh), on loopback, and independent clients of it: AMQP 1.0 by rhea, over TCP and over
// WebSocket with TLS (WSS); STOMP and MQTT by hand.
import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import rhea from '../e2e/node_modules/rhea/lib/container.js';
import WebSocket from '../e2e/node_modules/ws/wrapper.mjs';
import { defer, temporaryDirectory } from '../e2e/support/cleanup.mjs';
import { repository } from '../e2e/support/lull.mjs';
import { Mqtt } from '../e2e/support/mqtt.mjs';
import { freePort } from '../e2e/support/redis.mjs';
import { Stomp } from '../e2e/support/stomp.mjs';
import { waitFor } from '../e2e/support/wait.mjs';

const script = resolve(repository, 'tests/support/artemis.sh');

const takes = (port) => new Promise((answer) => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); answer(true); });
  socket.once('error', () => answer(false));
});

export async function startArtemis() {
  const artemis = new Artemis(temporaryDirectory('artemis'), [await freePort(), await freePort(), await freePort()]);
  defer(() => artemis.kill9());
  await artemis.start();
  return artemis;
}

class Artemis {
  password = 'hare-and-hounds';

  constructor(folder, ports) {
    this.folder = folder;
    this.ports = ports;
    [this.port, this.tlsPort, this.stockPort] = ports;
  }

  /** Starts it, with the data that an earlier start left. */
  async start() {
    const log = openSync(join(this.folder, 'output'), 'a');
    this.child = spawn(script, ['start', this.folder, ...this.ports.map(String)], { detached: true, stdio: ['ignore', log, log] });
    this.exited = new Promise((ended) => this.child.once('exit', ended));
    this.exited.then(() => { this.child = undefined; });
    await waitFor('Artemis takes connections', async () => {
      if (!this.child) throw new Error(`it ended: ${this.log(2000)}`);
      return (await Promise.all(this.ports.map(takes))).every(Boolean);
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

  /** The settings of a Lull that knows it by AMQP (`amqp`), by AMQP with TLS (`amqps`), the same by STOMP, and by STOMP at the stock port (`stock`). */
  settings() {
    const each = [['amqp', 'amqp'], ['amqps', 'amqp'], ['stomp', 'stomp'], ['stomps', 'stomp'], ['stock', 'stomp']].map(([name, protocol], i) => {
      const tls = name.endsWith('s');
      const port = name === 'stock' ? this.stockPort : this.port;
      return {
        [`Brokers:${i}:Name`]: name, [`Brokers:${i}:Protocol`]: protocol, [`Brokers:${i}:Username`]: 'lull', [`Brokers:${i}:Password`]: this.password,
        [`Brokers:${i}:Url`]: tls ? `amqps:localhost port:${this.tlsPort}` : `amqp:127.0.0.1 port:${port}`,
        ...(tls ? { [`Brokers:${i}:CaFile`]: join(this.folder, 'ca.pem') } : {}),
      };
    });
    return Object.assign({}, ...each);
  }

  /** Takes out what a queue holds, so many at least, until nothing has come for a moment: `{id, properties, contentType, durable, body}`. */
  async overAmqp(queue, { user = 'operator', quiet = 700, least = 0, webSocket = false, port = this.port } = {}) {
    const connection = this.#amqp(user, { webSocket, port });
    const messages = [];
    const refused = [];
    let last = Date.now();
    let closed = false;
    const receiver = connection.open_receiver({ source: { address: queue, capabilities: ['queue'] }, credit_window: 200 });
    connection.on('receiver_error', () => refused.push(receiver.error));
    connection.on('receiver_close', () => { closed = true; });
    connection.on('message', ({ message }) => {
      last = Date.now();
      const body = message.body?.content ?? message.body;
      messages.push({
        id: message.message_id, properties: message.application_properties, contentType: message.content_type, durable: message.durable,
        isData: message.body?.typecode !== undefined, body: Buffer.from(body).toString(),
      });
    });
    await waitFor('nothing more comes', () => refused.length > 0 || (messages.length >= least && Date.now() - last > quiet), { timeout: 60_000, interval: 50 });
    // What is on its way meanwhile is taken out of the queue, too: it comes before the broker has closed the link.
    receiver.close();
    await waitFor('the link is closed', () => closed || refused.length > 0);
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

  /** What a queue holds, so many at least, by AMQP over WebSocket with TLS: the port with TLS speaks that, too. */
  overWss(queue, options) {
    return this.overAmqp(queue, { ...options, webSocket: true });
  }

  /** A client of MQTT. */
  mqtt(user = 'operator') {
    return Mqtt.connect(this.port, user, this.password);
  }

  /** By MQTT the first messages that a queue holds: bodies only. */
  async overMqtt(queue, count) {
    const client = await this.mqtt();
    try {
      await client.subscribe(topicOf(queue));
      return await client.first(count);
    } finally {
      client.close();
    }
  }

  #amqp(user, { webSocket = false, port = this.port } = {}) {
    const container = rhea.create_container();
    container.on('connection_error', () => {});
    container.on('disconnected', () => {});
    const login = { username: user, password: this.password, reconnect: false };
    if (!webSocket) return container.connect({ host: '127.0.0.1', port, ...login });
    const through = container.websocket_connect(WebSocket);
    const ca = readFileSync(join(this.folder, 'ca.pem'));
    return container.connect({ connection_details: through(`wss://localhost:${this.tlsPort}`, ['amqp'], { ca }), ...login });
  }
}

/** A queue as MQTT names it: in topics a slash is the address's point, and queue and address have one name here. */
export const topicOf = (queue) => `${queue}::${queue}`.replaceAll('.', '/');
