import { Queue } from 'bullmq';

import { settings } from './settings.js';

export const WINDOWS = 'windows';
export const deliveriesOf = (endpoint) => `deliveries-${endpoint.id}`;

const retries = {
  attempts: 10,
  backoff: { type: 'exponential', delay: 5000, jitter: 0.2 },
  removeOnComplete: true,
  removeOnFail: { count: 100_000 },
};

/** BullMQ's debounce mode: a later job with the same id replaces the waiting one and starts its delay again. */
function debounced(event) {
  if (settings.intervalMs === 0) {
    return {};
  }
  return {
    delay: settings.intervalMs,
    deduplication: {
      id: `${event.changeType}-${event.itemId}`,
      ttl: settings.intervalMs,
      extend: true,
      replace: true,
    },
  };
}

/** The queues of a process: one for each endpoint, so that a dead one does not delay the others, and one for windows. */
export class Queues {
  #connection;
  #queues = new Map();

  constructor(connection) {
    this.#connection = connection;
  }

  named(name) {
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = new Queue(name, { connection: this.#connection });
      this.#queues.set(name, queue);
    }
    return queue;
  }

  all(registry) {
    const names = registry.endpoints.map(deliveriesOf);
    return [WINDOWS, ...names].map((name) => this.named(name));
  }

  /** Stores events; what is resolved is as durable as Redis is configured to be. */
  async admit(events, registry) {
    if (settings.design === 'windows') {
      await this.#add(WINDOWS, events.map((event) => ({ name: 'window', data: event, opts: { ...retries, ...debounced(event) } })));
      return;
    }
    const jobsOf = new Map();
    for (const event of events) {
      for (const endpoint of registry.subscribedTo(event.changeType)) {
        const name = deliveriesOf(endpoint);
        const job = { name: 'delivery', data: event, opts: { ...retries, ...debounced(event) } };
        jobsOf.has(name) ? jobsOf.get(name).push(job) : jobsOf.set(name, [job]);
      }
    }
    await Promise.all([...jobsOf].map(([name, jobs]) => this.#add(name, jobs)));
  }

  /** The second hop of the `windows` design. A repeated window job must not notify twice, hence the job id. */
  async fanOut(windowJob, registry) {
    await Promise.all(
      registry.subscribedTo(windowJob.data.changeType).map((endpoint) =>
        this.named(deliveriesOf(endpoint)).add('delivery', windowJob.data, { ...retries, jobId: `w-${windowJob.id}` }),
      ),
    );
  }

  async #add(name, jobs) {
    const queue = this.named(name);
    await (jobs.length === 1 ? queue.add(jobs[0].name, jobs[0].data, jobs[0].opts) : queue.addBulk(jobs));
  }

  async close() {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }
}
