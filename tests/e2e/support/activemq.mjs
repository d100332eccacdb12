// An ActiveMQ of the suite's own (tests/support/activemq.sh), on loopback, and independent clients of it: STOMP and MQTT by hand, OpenWire by
// ActiveMQ's own consumer.
import { execFile, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { defer, temporaryDirectory } from './cleanup.mjs';
import { repository } from './lull.mjs';
import { Mqtt } from './mqtt.mjs';
import { freePort } from './redis.mjs';
import { Stomp } from './stomp.mjs';
import { waitFor } from './wait.mjs';

const run = promisify(execFile);
const script = resolve(repository, 'tests/support/activemq.sh');

const takes = (port) => new Promise((answer) => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); answer(true); });
  socket.once('error', () => answer(false));
});

export async function startActiveMq() {
  const activemq = new ActiveMq(temporaryDirectory('activemq'), [await freePort(), await freePort(), await freePort(), await freePort()]);
  defer(() => activemq.kill9());
  await activemq.start();
  return activemq;
}

class ActiveMq {
  password = 'hare-and-hounds';

  constructor(folder, ports) {
    this.folder = folder;
    this.ports = ports;
    [this.port, , this.mqttPort, this.openWirePort] = ports;
  }

  /** Starts it, with the data that an earlier start left. */
  async start() {
    const log = openSync(join(this.folder, 'output'), 'a');
    this.child = spawn(script, ['start', this.folder, ...this.ports.map(String)], { detached: true, stdio: ['ignore', log, log] });
    this.exited = new Promise((ended) => this.child.once('exit', ended));
    this.exited.then(() => { this.child = undefined; });
    await waitFor('ActiveMQ takes connections', async () => {
      if (!this.child) throw new Error(`it ended: ${this.log(1000)}`);
      return takes(this.port);
    }, { timeout: 60_000, interval: 50 });
  }

  async kill9() {
    if (!this.child) return;
    process.kill(-this.child.pid, 'SIGKILL');
    await this.exited;
  }

  /** The last of what it wrote. */
  log(bytes = 20_000) {
    return readFileSync(join(this.folder, 'output'), 'utf8').slice(-bytes);
  }

  /** The settings of a Lull that knows it as `desk`, which is the `index`th of its brokers. */
  settings(index = 0) {
    const settings = { Name: 'desk', Url: `amqp:127.0.0.1 port:${this.port}`, Protocol: 'stomp', Username: 'lull', Password: this.password };
    return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`Brokers:${index}:${key}`, value]));
  }

  /** Takes out what a queue holds, as `{headers, body}`: until nothing has come for a moment. */
  async drain(queue, { user = 'operator', quiet = 700 } = {}) {
    const client = await Stomp.connect(this.port, user, this.password);
    return client.drain(queue, quiet);
  }

  /** Takes so many messages out of a queue by OpenWire: bodies only. */
  async overOpenWire(queue, count, user = 'operator') {
    const { stdout } = await run(script, ['consume', this.folder, user, this.openWirePort, queue, count].map(String), { maxBuffer: 1e8 });
    return [...stdout.matchAll(/ Received (.*)$/gm)].map(([, body]) => body);
  }

  /** Takes so many messages by MQTT out of the queue that queueOfTopic() names: bodies only. */
  async overMqtt(topic, count, user = 'operator') {
    const client = await Mqtt.connect(this.mqttPort, user, this.password, { keeps: true });
    try {
      await client.subscribe(topic);
      return await client.first(count);
    } finally {
      client.close();
    }
  }

  /** What the broker answers somebody who sends. */
  async send(user, queue, body) {
    const client = await Stomp.connect(this.port, user, this.password);
    client.write(`SEND\ndestination:/queue/${queue}\nreceipt:1\n\n${body}\0`);
    const frame = await client.next(5_000);
    client.close();
    return frame;
  }
}

/** The queue where messages wait for an MQTT client that keeps its subscription (`subscriptionStrategy=mqtt-virtual-topic-subscriptions`). */
export const queueOfTopic = (clientId, topic) => `Consumer.${clientId}:AT_LEAST_ONCE.VirtualTopic.${topic.replaceAll('/', '.')}`;
