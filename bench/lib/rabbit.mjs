import path from 'node:path';

import { Child, freePort, until } from './child.mjs';

const USER = 'lull';
const PASSWORD = 'hare-and-hounds';
const VIRTUAL_HOST = '/no/uio/fs';

/** A RabbitMQ of one contestant (tests/support/rabbitmq.sh), with one durable queue, and the programs that fill or watch it. */
export class Rabbit {
  static async start(context, queue) {
    const rabbit = new Rabbit();
    rabbit.#context = context;
    rabbit.#queue = queue;
    const ports = [];
    for (let i = 0; i < 4; ++i) ports.push(await freePort());
    [rabbit.port] = ports;
    const script = path.join(context.options.root, 'tests/support/rabbitmq.sh');
    const folder = path.join(context.workDir, 'rabbit');
    // In a process group of its own, to which the epmd belongs.
    rabbit.#child = new Child('rabbitmq', script, ['start', folder, ...ports.map(String)], { log: context.logFile('rabbit'), detached: true });
    context.onCleanup(() => rabbit.#child.killGroup());
    await until('RabbitMQ takes the queue', async () => {
      rabbit.#child.assertAlive();
      return rabbit.#run('publish', ['--count', '0']).exited.then((code) => code === 0);
    }, { timeoutMs: 60_000, everyMs: 200 });
    return rabbit;
  }

  #context;
  #queue;
  #child;

  /** The settings of a Lull that knows it as `bench`. */
  get settings() {
    const url = `amqp:127.0.0.1 port:${this.port} vh:${VIRTUAL_HOST}`;
    return Object.entries({ Name: 'bench', Url: url, Username: USER, Password: PASSWORD }).map(([key, value]) => `--Brokers:0:${key}=${value}`);
  }

  /** The bare publisher, to its end. */
  async publish(count, window, bodyBytes) {
    const child = this.#run('publish', ['--count', count, '--window', window, '--body-bytes', bodyBytes]);
    return JSON.parse(await child.readLine());
  }

  /** @returns a function that waits until the queue holds `count` messages, and tells when that was and what one of them is like. */
  async watch(count) {
    const child = this.#run('watch', ['--count', count]);
    await child.readLine();
    return async () => JSON.parse(await child.readLine());
  }

  #run(command, more) {
    const args = ['--port', this.port, '--virtual-host', VIRTUAL_HOST, '--user', USER, '--password', PASSWORD, '--queue', this.#queue];
    const binary = path.join(this.#context.bin, 'bench_confirms');
    const child = new Child('bench_confirms', binary, [command, ...args, ...more].map(String), { log: this.#context.logFile('confirms'), lines: true });
    this.#context.onCleanup(() => child.stop());
    return child;
  }
}
