import { Worker } from 'bullmq';

import { Channel } from './channel.js';
import { WINDOWS, deliveriesOf } from './queues.js';
import { settings } from './settings.js';

/** Runs the workers: one for each endpoint's queue, started when the registry learns of it, and one for windows. */
export class Deliverer {
  #connection;
  #queues;
  #registry;
  #workers = new Map();
  #channels = [];

  constructor(connection, queues, registry) {
    this.#connection = connection;
    this.#queues = queues;
    this.#registry = registry;
  }

  start() {
    if (settings.design === 'windows') {
      this.#work(WINDOWS, (job) => this.#queues.fanOut(job, this.#registry));
    }
    this.#registry.on('changed', () => this.#follow());
    this.#follow();
  }

  async stop() {
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
    await Promise.all(this.#channels.map((channel) => channel.close()));
  }

  #follow() {
    for (const endpoint of this.#registry.endpoints) {
      const name = deliveriesOf(endpoint);
      if (!this.#workers.has(name)) {
        const channel = new Channel(endpoint);
        this.#channels.push(channel);
        this.#work(name, (job) => channel.deliver(job));
      }
    }
  }

  #work(name, handle) {
    const worker = new Worker(name, handle, { connection: this.#connection, concurrency: settings.concurrency });
    worker.on('error', (error) => console.error(`${name}: ${error.message}`));
    this.#workers.set(name, worker);
  }
}
