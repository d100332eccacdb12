// A RabbitMQ of the suite's own (tests/support/rabbitmq.sh), on loopback, and an independent client of it.
import { execFile, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { connect as reach } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import { defer, temporaryDirectory } from './cleanup.mjs';
import { repository } from './lull.mjs';
import { freePort } from './redis.mjs';
import { waitFor } from './wait.mjs';

const run = promisify(execFile);
const script = resolve(repository, 'tests/support/rabbitmq.sh');

const takes = (port) => new Promise((answer) => {
  const socket = reach(port, '127.0.0.1', () => { socket.destroy(); answer(true); });
  socket.once('error', () => answer(false));
});

export async function startRabbit() {
  const ports = [];
  for (let i = 0; i < 4; ++i) ports.push(await freePort());
  const rabbit = new Rabbit(temporaryDirectory('rabbit'), ports);
  defer(() => rabbit.kill9());
  await rabbit.start();
  return rabbit;
}

class Rabbit {
  user = 'lull';
  password = 'hare-and-hounds';
  virtualHost = '/no/uio/fs';

  constructor(folder, ports) {
    this.folder = folder;
    this.ports = ports;
    [this.port, this.tlsPort] = ports;
  }

  /** Starts it, with the data that an earlier start left. */
  async start() {
    const log = openSync(join(this.folder, 'output'), 'a');
    // In a process group of its own: an epmd belongs to it.
    this.child = spawn(script, ['start', this.folder, ...this.ports.map(String)], { detached: true, stdio: ['ignore', log, log] });
    this.exited = new Promise((ended) => this.child.once('exit', ended));
    this.exited.then(() => { this.child = undefined; });
    await waitFor('RabbitMQ takes connections', async () => {
      if (!this.child) throw new Error(`it ended: ${readFileSync(join(this.folder, 'output'), 'utf8').slice(-1000)}`);
      return await takes(this.port) && takes(this.tlsPort);
    }, { timeout: 90_000, interval: 50 });
  }

  async kill9() {
    if (!this.child) return;
    process.kill(-this.child.pid, 'SIGKILL');
    await this.exited;
  }

  /** The last of what it wrote into its log. */
  log(bytes = 20_000) {
    return readFileSync(join(this.folder, 'log', 'lull@localhost.log'), 'utf8').slice(-bytes);
  }

  /** rabbitmqctl. */
  control(...words) {
    return run(script, ['ctl', this.folder, ...words]);
  }

  /** A channel of a client of its own, that is closed with the suite. */
  async client({ user = this.user, password = this.password } = {}) {
    const connection = await connect({
      protocol: 'amqp', hostname: '127.0.0.1', port: this.port, username: user, password, vhost: this.virtualHost,
    });
    connection.on('error', () => {});
    defer(() => connection.close().catch(() => {}));
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    return channel;
  }

  /** The settings of a Lull that knows it as `fs`, and as `narrow` with the permissions that docs/brokers.md names. */
  settings(exchange) {
    const brokers = [['fs', this.user], ['narrow', 'lull-narrow']].map(([name, user], i) => ({
      [`Brokers:${i}:Name`]: name,
      [`Brokers:${i}:Url`]: `amqp:127.0.0.1 port:${this.port} vh:${this.virtualHost}${exchange ? ` ex:${exchange}` : ''}`,
      [`Brokers:${i}:Username`]: user,
      [`Brokers:${i}:Password`]: this.password,
    }));
    return Object.assign({}, ...brokers);
  }
}

/** Takes out what a queue holds: all that is there when it is asked. */
export async function drain(channel, queue) {
  const messages = [];
  const { messageCount } = await channel.checkQueue(queue);
  if (messageCount === 0) return messages;
  const { promise, resolve: complete } = withResolvers();
  const { consumerTag } = await channel.consume(queue, (message) => {
    messages.push(message);
    if (messages.length === messageCount) complete();
  }, { noAck: true });
  await promise;
  await channel.cancel(consumerTag);
  return messages;
}

function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
