import { EventEmitter } from 'node:events';

const KEY = 'peer:endpoints';
const CHANGED = 'peer:endpoints:changed';

/** The endpoints, kept in Redis and cached in every process; a publish makes the others read them again. */
export class Registry extends EventEmitter {
  #redis;
  #subscriber;
  endpoints = [];

  constructor(redis) {
    super();
    this.#redis = redis;
    this.#subscriber = redis.duplicate();
  }

  async start() {
    this.#subscriber.on('message', () => void this.#load());
    await this.#subscriber.subscribe(CHANGED);
    await this.#load();
  }

  async stop() {
    this.#subscriber.disconnect();
  }

  async add(endpoint) {
    await this.#redis.hset(KEY, endpoint.id, JSON.stringify(endpoint));
    await this.#load();
    await this.#redis.publish(CHANGED, endpoint.id);
  }

  subscribedTo(changeType) {
    return this.endpoints.filter((endpoint) => (endpoint.changeTypes & changeType) !== 0);
  }

  async #load() {
    const stored = await this.#redis.hvals(KEY);
    this.endpoints = stored.map((text) => JSON.parse(text));
    this.emit('changed');
  }
}
