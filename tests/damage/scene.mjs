// A service on a Redis of its own, with two healthy endpoints under load, of which one is told of every event, and five victims, and what
// has to hold around a damage.
import { startLull } from '../e2e/support/lull.mjs';
import { startRedis } from '../e2e/support/redis.mjs';
import { all, assetChanged, publish, register } from '../e2e/support/scenario.mjs';
import { startSink } from '../e2e/support/sink.mjs';
import { waitFor } from '../e2e/support/wait.mjs';
import { RedisClient } from './redis_client.mjs';

const assets = 1;
const metafields = 2;
const settings = {
  'Debouncing:Interval': '00:00:00.050',
  'Delivery:Timeout': '00:00:05',
  'Delivery:LeaseMargin': '00:00:01',
  'Delivery:Retry:Schedule': '00:10:00,00:10:00',
  'Delivery:CircuitBreaker:Failures': '0',
  // There is no such driver: what a source notes is all that is wanted of it.
  'Sources:0:Name': 'crm',
  'Sources:0:Type': 'Outbox',
  'Sources:0:ConnectionString': 'Driver={None}',
  'Logging:LogLevel:Default': 'Warning',
};
const metafieldChanged = (itemId) => ({ type: 'MetafieldCreated', itemId, baseId: 1 });
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Of a sorted list of milliseconds. */
export const p99 = (sorted) => (sorted.length === 0 ? Infinity : sorted[Math.ceil(sorted.length * 0.99) - 1]);

export class Scene {
  #next = 1;
  #arrived = new Map();
  #told = new Set(); // items that arrived at the endpoint that takes every event

  async start() {
    this.store = await startRedis();
    this.redis = new RedisClient(this.store.port);
    this.lull = await startLull({ redis: this.store, settings });
    this.sink = await startSink(({ path, body }) => this.#answer(path, body));
    const at = (path, changeTypes, more) => register(this.lull, `${this.sink.url}${path}`, { changeTypes, ...more }).then(({ id }) => id);
    const oneLane = { delivery: 'every', order: 'endpoint' };
    this.healthy = await at('/healthy', assets);
    this.every = await at('/every', assets, { delivery: 'every', order: 'item' });
    this.waiting = await at('/waiting', metafields);
    this.leased = await at('/leased', metafields);
    this.dead = await at('/dead', metafields);
    this.lane = await at('/lane', metafields, { ...oneLane, onFailure: 'stop' });
    this.aside = await at('/aside', metafields, { ...oneLane, results: 'body' });
  }

  key(name) { return `{lull:00}:${name}`; }

  #answer(path, body) {
    if (path === '/healthy') {
      this.#arrived.set(JSON.parse(body).Data.ItemId, performance.now());
      return { status: 200 };
    }
    if (path === '/every') {
      this.#told.add(JSON.parse(body).Data.ItemId);
      return { status: 200 };
    }
    if (path === '/aside') return { status: 200, body: '{"result": "ErrorAndSkip"}' };
    if (path === '/leased') return { status: 200, hold: new Promise(() => {}) };
    return { status: path === '/dead' ? 422 : 500 };
  }

  /** Something of everything: waiting messages with a history, leases with successors, dead letters, a lane, messages set aside. */
  async fill() {
    const items = [1, 2, 3].map(metafieldChanged);
    await publish(this.lull, items);
    const count = async (...words) => this.redis.call(...words.map((word) => (word.startsWith(':') ? this.key(word.slice(1)) : word)));
    await waitFor('messages, leases and letters', async () => await count('HLEN', `:t:${this.waiting}`) >= 3
      && await count('ZCARD', `:l:${this.leased}`) >= 3 && await count('HLEN', `:d:${this.dead}`) >= 3);
    await waitFor('a lane and messages set aside', async () => await count('ZCARD', `:b:${this.lane}`) >= 2
      && await count('HLEN', `:t:${this.lane}`) >= 1 && await count('ZCARD', `:x:${this.aside}`) >= 3);
    await publish(this.lull, items);
    await waitFor('successors', async () => await count('HLEN', `:m:${this.leased}`) >= 6);
    await waitFor('all waits', async () => await count('ZCARD', `:q:${this.waiting}`) >= 3);
    await waitFor('a source is worked for', async () => await count('HEXISTS', ':sources', 'crm|lease') === 1 && await count('HEXISTS', ':sources', 'crm|failures') === 1);
  }

  /** Somebody works for the source: its lease is renewed, and runs that are asked for begin. */
  async sourceWorks() {
    const runs = async () => {
      const reply = await this.lull.get('/stats');
      return reply.status === 200 ? reply.json.sources[0].failures : 0;
    };
    const before = await runs();
    const asked = await this.lull.post('/sources/crm/run');
    if (asked.status !== 202) throw new Error(`POST /sources/crm/run: ${asked.status} ${asked.text.slice(0, 200)}`);
    await waitFor('a run of the source', async () => await runs() > before);
  }

  /** Windows that are open for a while: of events that come again and again. */
  async openWindows() {
    await publish(this.lull, [11, 12, 13].map(metafieldChanged));
  }

  /** Tells the healthy endpoint of `count` items, one each `every` ms; a 503 is sent again. @returns sorted ms until each arrived */
  async load(count, every = 20) {
    const sent = new Map();
    const sends = [];
    for (let i = 0; i < count; i += 1) {
      const item = this.#next++;
      sent.set(item, performance.now());
      sends.push(waitFor(`event ${item} is taken`, async () => (await this.lull.post('/events', assetChanged(item))).status === 202));
      await pause(every);
    }
    await Promise.all(sends);
    await waitFor('everything arrives at the healthy endpoint', () => [...sent.keys()].every((item) => this.#arrived.has(item)), { timeout: 15_000 })
      .catch((error) => { throw new Error(`${error.message}: ${[...sent.keys()].filter((item) => !this.#arrived.has(item)).length} of ${count} missing`); });
    await waitFor('every event arrives', () => [...sent.keys()].every((item) => this.#told.has(item)), { timeout: 15_000 });
    return [...sent].map(([item, at]) => this.#arrived.get(item) - at).sort((a, b) => a - b);
  }

  /** I8, once the books are closed. */
  conserved() {
    return waitFor('I8 holds', async () => {
      const metrics = await this.lull.metrics();
      const [created, revived, delivered, superseded, dead, cancelled] = ['created', 'revived', 'delivered', 'superseded', 'dead_lettered',
        'cancelled'].map((name) => metrics.value(`lull_fleet_notifications_${name}_total`));
      const pending = metrics.value('lull_fleet_notifications_pending');
      this.books = { created, revived, delivered, superseded, dead, cancelled, pending };
      return created + revived === delivered + superseded + dead + cancelled + pending;
    }).catch((error) => { throw new Error(`${error.message} ${JSON.stringify(this.books)}`); });
  }

  async unreadable() { return (await this.lull.metrics()).value('lull_fleet_unreadable_total'); }

  async alerts() {
    const found = await all(this.lull, '/alerts');
    return found.filter(({ kind }) => kind === 'unreadable').reduce((sum, { count }) => sum + count, 0);
  }

  /** Every view that an operator has answers, whatever the victims hold. */
  async viewsAnswer() {
    const ids = [this.healthy, this.every, this.waiting, this.leased, this.dead, this.lane, this.aside];
    const paths = ['/endpoints', '/dead-letters', '/windows', '/alerts', '/sources', '/stats',
      ...ids.flatMap((id) => [`/endpoints/${id}/queue`, `/endpoints/${id}/attempts`])];
    for (const path of paths) {
      const reply = await this.lull.get(path);
      const blocked = reply.status === 500 && /cannot be read/.test(reply.text);
      if (reply.status !== 200 && !blocked) throw new Error(`GET ${path}: ${reply.status} ${reply.text.slice(0, 200)}`);
    }
  }

  async restart() {
    await this.lull.kill9();
    this.lull = await startLull({ redis: this.store, settings });
  }
}
