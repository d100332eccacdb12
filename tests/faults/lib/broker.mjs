// A RabbitMQ that takes the messages of some endpoints, what befalls it, and an independent consumer of their queues: like the receivers it
// writes a line into the ledger for each message that it reads, so the checker judges what came out of the broker, not what Lull was told.
import amqp from '../../e2e/node_modules/amqplib/channel_api.js';
import { startRabbit } from '../../e2e/support/rabbitmq.mjs';
import { waitFor } from '../../e2e/support/wait.mjs';
import { AmqpProxy } from './amqp_proxy.mjs';
import { now, pause } from './ledger.mjs';

/** More than are ever registered; a power cut may have some made anew. */
const kQueues = 12;

export class Broker {
  #queues = Array.from({ length: kQueues }, (_, i) => `q${i}`);
  #given = 0;
  #names = new Map(); // queue → endpoint
  #seen = new Set();
  #proxies = [];
  #lastAt = 0;
  #over = false;
  kills = 0;
  read = 0;

  constructor(ledger) { this.ledger = ledger; }

  async start(instances) {
    this.rabbit = await startRabbit();
    // It runs in a process group of its own, which outlives an interrupted harness otherwise.
    process.once('exit', () => { if (this.rabbit.child) process.kill(-this.rabbit.child.pid, 'SIGKILL'); });
    await this.#consume();
    // A declaration stands on disk only a moment after it was answered, and Lull cannot be blamed for what goes with the queue.
    await this.rabbit.control('eval', 'mnesia:sync_log().');
    for (let i = 0; i < instances; i += 1) {
      const proxy = new AmqpProxy(this.rabbit.port);
      await proxy.start();
      this.#proxies.push(proxy);
    }
  }

  /** The settings of an instance, which reaches the broker through a proxy of its own. */
  settingsOf(instance) {
    const { user, password, virtualHost } = this.rabbit;
    const url = `amqp:127.0.0.1 port:${this.#proxies[instance].port} vh:${virtualHost}`;
    return { 'Brokers:0:Name': 'rabbit', 'Brokers:0:Url': url, 'Brokers:0:Username': user, 'Brokers:0:Password': password };
  }

  proxyOf(instance) { return this.#proxies[instance]; }

  /** The target of one more endpoint; what comes out of its queue is noted under the endpoint's name. */
  targetFor(name) {
    const queue = this.#queues[this.#given];
    if (!queue) throw new Error(`there are ${kQueues} queues only`);
    this.#given += 1;
    this.#names.set(queue, name);
    return { broker: 'rabbit', queue, declare: true };
  }

  /** kill -9, and up again with what it had on disk. */
  async kill(downMs) {
    this.kills += 1;
    await this.rabbit.kill9();
    await pause(downMs);
    await this.rabbit.start();
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  async freeze(ms) {
    const { pid } = this.rabbit.child;
    process.kill(-pid, 'SIGSTOP');
    await pause(ms);
    process.kill(-pid, 'SIGCONT');
  }

  /** Waits until the consumer has read what the queues hold. */
  drained() {
    return waitFor('the queues are empty and all is read', async () => {
      for (const queue of this.#queues) if ((await this.channel.checkQueue(queue)).messageCount > 0) return false;
      return now() - this.#lastAt > 500;
    }, { timeout: 30_000, interval: 100 });
  }

  async stop() {
    this.#over = true;
    await this.connection?.close().catch(() => {});
    for (const proxy of this.#proxies) await proxy.stop();
    await this.rabbit?.kill9();
  }

  /** Reads all queues, and goes on doing so behind each death of the broker. */
  async #consume() {
    const { port, user, password, virtualHost } = this.rabbit;
    this.connection = await amqp.connect({ protocol: 'amqp', hostname: '127.0.0.1', port, username: user, password, vhost: virtualHost });
    this.connection.on('error', () => {});
    this.connection.once('close', () => this.#again());
    const channel = await this.connection.createChannel();
    channel.on('error', () => {});
    await channel.prefetch(500);
    for (const queue of this.#queues) {
      await channel.assertQueue(queue, { durable: true });
      await channel.consume(queue, (message) => message && this.#take(channel, queue, message));
    }
    this.channel = channel;
  }

  async #again() {
    while (!this.#over) {
      await pause(100);
      if (!this.rabbit.child) continue;
      try {
        await this.#consume();
        return;
      } catch {
        // It is not up yet, or down again.
      }
    }
  }

  #take(channel, queue, message) {
    const { content, fields, properties: { headers, messageId: id } } = message;
    const ep = this.#names.get(queue);
    this.#lastAt = now();
    channel.ack(message);
    // The broker gives again what it was not told to have been read: that is no repeat of Lull's.
    if (fields.redelivered && this.#seen.has(`${ep} ${id}`)) return;
    this.#seen.add(`${ep} ${id}`);
    this.read += 1;
    const { ChangeType: type, Data: data } = JSON.parse(content);
    this.ledger.write(`attempts/${ep}`, {
      ep, key: `${type}|${data.ItemId}`, upto: Number(headers['Lull-Sequence']), id, attempt: Number(headers['Lull-Attempt']),
      events: Number(headers['Lull-Event-Count']), base: data.BaseId, at: this.#lastAt, end: this.#lastAt, mood: 'read', status: 200, ok: true, signedAhead: 0,
      ...(headers['Lull-Replay'] === 'true' && { replay: true }),
    });
  }
}
