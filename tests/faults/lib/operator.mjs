// The operator: endpoints come and go, are paused, moved, narrowed, given more or less time; letters are retried and purged, queues retried, windows
// flushed. Every change is tried until its outcome is known, and stands in the ledger from its first try to its answer.
import { span, times } from './fleet.mjs';
import { now, pause, Rest } from './ledger.mjs';

const keyOf = ({ changeType, itemId }) => `${changeType}|${itemId}`;

/** What Lull paused by itself may be paused by its operator as well: that is not told. */
const asRead = ([name, { changeTypes, enabled, pausedReason }]) => [name, { mask: changeTypes, ...((enabled || pausedReason === 'operator') && { paused: !enabled }) }];

export class Operator {
  #rest = new Rest();
  #loop;
  #last = Promise.resolve();
  #created = 0;
  /** name → {id, name, mask, enabled, steady, and how it is told}: `steady` ones are never changed, so something is owed to them throughout. */
  endpoints = new Map();
  /** All that were ever created: a power cut may bring back one that was deleted. */
  #known = new Map();

  constructor({ ledger, random, instances, ports, broker }) {
    Object.assign(this, { ledger, random, instances, ports, broker });
  }

  async create({ mask = 15, steady = false, ...more } = {}) {
    this.#created += 1;
    const name = `e${this.#created}`;
    const { channel, delivery, order, onFailure, results } = more;
    const telling = { channel, delivery, order, onFailure, results };
    const where = channel === 'rabbitmq' ? { target: this.broker.targetFor(name) } : { url: this.#url(name) };
    const body = { name, ...where, changeTypes: mask, ...more };
    const from = now();
    const { json, tried } = await this.#insist('POST', '/endpoints', body, { 'Idempotency-Key': `${name}-${this.random.int(1, 1e9)}` });
    const endpoint = { id: json.id, name, mask, enabled: true, steady, ...telling, telling };
    this.endpoints.set(name, endpoint);
    this.#known.set(name, endpoint);
    this.#note('create', name, from, { tried, id: json.id, mask, steady, ...telling });
    return endpoint;
  }

  async remove(endpoint) {
    this.endpoints.delete(endpoint.name);
    await this.#change('delete', endpoint, 'DELETE', '');
  }

  async setEnabled(endpoint, enabled) {
    if (enabled) await this.noteMissed(endpoint); // From the next cap on it may be counted anew.
    const { json } = await this.#change(enabled ? 'resume' : 'pause', endpoint, 'PATCH', '', { enabled });
    if (enabled) this.#noteMissedIn(endpoint, json);
    endpoint.enabled = enabled;
  }

  /** What the endpoint declares to have missed at its cap, which nobody owes it. */
  async noteMissed(endpoint) {
    if (endpoint.delivery !== 'every') return;
    this.#noteMissedIn(endpoint, (await this.#insist('GET', `/endpoints/${endpoint.id}`)).json);
  }

  #noteMissedIn({ name }, view) {
    const { count, firstSequence, lastSequence } = view?.missed ?? {};
    if (count > 0) this.ledger.write('registry', { op: 'missed', ep: name, at: now(), count, firstSequence, lastSequence });
  }

  async setMask(endpoint, mask) {
    const before = endpoint.mask;
    endpoint.mask = mask;
    await this.#change('mask', endpoint, 'PATCH', '', { changeTypes: mask }, { before, mask });
  }

  async setTimeout(endpoint, ms) {
    await this.#change('timeout', endpoint, 'PATCH', '', { timeout: span(ms) }, { ms });
  }

  async retryQueue(endpoint) {
    await this.#change('queue-retry', endpoint, 'POST', '/queue/retry', { all: true });
  }

  /** Some of the queue: clears neither park nor breaker. */
  async retryItem(endpoint) {
    const item = await this.#anyQueued(endpoint);
    if (item) await this.#change('queue-retry-item', endpoint, 'POST', '/queue/retry', { changeType: item.changeType, itemId: item.itemId });
  }

  /** All there is of one item. The call began at an unknown moment before its answer: what was sent by then is excused. */
  async purgeItem(endpoint) {
    const item = await this.#anyQueued(endpoint);
    if (!item) return;
    await this.#change('queue-purge', endpoint, 'POST', '/queue/purge', { changeType: item.changeType, itemId: item.itemId }, { key: keyOf(item) });
  }

  /** One message by its id. Content that was attempted never changes under its id, so nothing newer than its sequence is excused. */
  async purgeMessage(endpoint) {
    const log = await this.#insist('GET', `/endpoints/${endpoint.id}/attempts?outcome=retryable&limit=200`);
    const attempted = new Set((log.json.items ?? []).map(({ messageId }) => messageId));
    const item = await this.#anyQueued(endpoint, ({ id }) => attempted.has(id));
    if (!item) return;
    await this.#change('queue-purge', endpoint, 'POST', '/queue/purge', { ids: [item.id] }, { key: keyOf(item), upto: item.sequence });
  }

  async #anyQueued(endpoint, fits = () => true) {
    const page = await this.#insist('GET', `/endpoints/${endpoint.id}/queue?limit=20`);
    const items = (page.json.items ?? []).filter(fits);
    return items.length > 0 ? this.random.pick(items) : undefined;
  }

  async retryLetters(endpoint) {
    await this.#insistNoting('letters-retry', endpoint, 'POST', '/dead-letters/retry', { endpointId: endpoint.id });
  }

  /** The letters of one item, by a bulk call. */
  async purgeLetters(endpoint) {
    const page = await this.#insist('GET', `/dead-letters?endpointId=${endpoint.id}&limit=10`);
    const letter = page.json.items?.[0];
    if (!letter) return;
    const { changeType, itemId } = letter;
    await this.#insistNoting('letter-purge', endpoint, 'POST', '/dead-letters/purge', { endpointId: endpoint.id, changeType, itemId }, { key: keyOf(letter), upto: letter.sequence, item: true });
  }

  /** One letter, by its id. What it stood for is excused from then on, and the ledger says so. */
  async purgeLetter(endpoint) {
    const page = await this.#insist('GET', `/dead-letters?endpointId=${endpoint.id}&limit=10`);
    const letter = page.json.items?.[0];
    if (!letter) return;
    await this.#insistNoting('letter-purge', endpoint, 'DELETE', `/dead-letters/${letter.id}`, undefined, { key: keyOf(letter), upto: letter.sequence });
  }

  /** One change at a time: the ledger tells an order, and it has to be the true one. */
  exclusively(change) {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }

  /**
   * After Redis died: reads what is registered now, for the ledger and for this operator. What was lost may have been a creation or a
   * deletion; as many endpoints as are missing are created anew.
   */
  readBack() {
    return this.exclusively(async () => {
      const { json, tried } = await this.#insist('GET', '/endpoints?limit=500');
      // Mailboxes are their clients' own.
      const found = new Map(json.items.filter(({ channel }) => channel !== 'mailbox').map((item) => [item.name, item]));
      this.ledger.write('registry', { op: 'reading', ep: '*', from: tried, to: now(), endpoints: Object.fromEntries([...found].map(asRead)) });
      const missing = [...this.endpoints.values()].filter(({ name }) => !found.has(name));
      const returned = [...found.keys()].filter((name) => !this.endpoints.has(name));
      for (const { name } of missing) this.endpoints.delete(name);
      // One that nobody created is the checker's to find.
      for (const [name, { id, changeTypes, enabled }] of [...found].filter((entry) => this.#known.has(entry[0]))) {
        this.endpoints.set(name, Object.assign(this.#known.get(name), { id, mask: changeTypes, enabled }));
      }
      for (const { mask, telling } of missing.slice(returned.length)) await this.create({ mask, ...telling });
    });
  }

  /** Starts making random changes, `everyMs` apart on average; the promise ends with them. */
  start(everyMs) {
    this.#loop = this.#work(everyMs);
    this.#loop.catch(() => {}); // Whoever waits for it, or stops it, hears of it.
    return this.#loop;
  }

  async stop() {
    this.#rest.end();
    await this.#loop;
  }

  async #work(everyMs) {
    for (;;) {
      await this.#rest.for(this.random.between(0.3, 1.7) * everyMs);
      if (this.#rest.over) return;
      await this.exclusively(() => this.#step());
    }
  }

  async #step() {
    const changeable = [...this.endpoints.values()].filter((endpoint) => !endpoint.steady);
    const endpoint = this.random.pick(changeable);
    const anyOne = this.random.pick([...this.endpoints.values()]);
    switch (this.random.weighted({ pause: 4, wake: 2, mask: 2, move: 2, timeout: 2, secret: 1, replace: 2, retryQueue: 1, retryItem: 2, purgeItem: 1, purgeMessage: 2,
      retryLetters: 3, purge: 1, purgeLetters: 1, flush: 1 })) {
      case 'pause': return this.setEnabled(endpoint, !endpoint.enabled);
      case 'wake': return this.setEnabled(anyOne, true); // Lull pauses by itself, too: when there are too many dead letters.
      case 'mask': return this.setMask(endpoint, this.random.int(1, 15));
      case 'move': return this.#change('move', endpoint, 'PATCH', '', { url: this.#url(endpoint.name) });
      case 'timeout': return this.setTimeout(anyOne, this.random.pick([1_000, times.timeout, times.longestTimeout]));
      case 'secret': return this.#change('secret', anyOne, 'POST', '/secret/rotate');
      case 'replace':
        await this.remove(endpoint);
        return this.create({ mask: this.random.int(1, 15), ...endpoint.telling });
      case 'retryQueue': return this.retryQueue(anyOne);
      case 'retryItem': return this.retryItem(anyOne);
      case 'purgeItem': return this.purgeItem(anyOne);
      case 'purgeMessage': return this.purgeMessage(anyOne);
      case 'purgeLetters': return this.purgeLetters(anyOne);
      case 'retryLetters': return this.retryLetters(anyOne);
      case 'purge': return this.purgeLetter(anyOne);
      default: return this.#insistNoting('flush', { name: '*' }, 'POST', '/windows/flush', {});
    }
  }

  #url(name) {
    return `http://127.0.0.1:${this.random.pick(this.ports)}/${name}/${this.random.int(1, 99)}`;
  }

  #change(op, endpoint, method, path, body, more) {
    return this.#insistNoting(op, endpoint, method, `/endpoints/${endpoint.id}${path}`, body, more);
  }

  async #insistNoting(op, endpoint, method, path, body, more = {}) {
    const from = now();
    // Known to the checker also when the run ends before an answer: from here on it may be in force.
    this.ledger.write('registry', { op: 'begin', of: op, ep: endpoint.name, at: from, ...more });
    const reply = await this.#insist(method, path, body);
    this.#note(op, endpoint.name, from, { tried: reply.tried, status: reply.status, ...more });
    return reply;
  }

  #note(op, ep, from, more) {
    this.ledger.write('registry', { op, ep, from, to: now(), ...more });
  }

  /** @returns the reply, and as `tried` when the request was sent that it answers. */
  async #insist(method, path, body, headers) {
    for (let tries = 1; ; tries += 1) {
      const instance = this.random.pick(this.instances);
      const tried = now();
      let seen;
      try {
        const reply = await instance.api.send(method, path, body, headers, { timeout: 12_000 });
        if (reply.status < 500 && reply.status !== 429) {
          if (reply.status >= 400 && ![404, 409].includes(reply.status)) throw new TypeError(`${method} ${path}: ${reply.status} ${reply.text}`);
          return { ...reply, tried };
        }
        seen = `${reply.status} ${reply.text}`;
      } catch (error) {
        if (error instanceof TypeError) throw error;
        seen = error.message;
      }
      if (tries > 300) throw new Error(`${method} ${path} has no outcome: ${seen}`);
      await pause(this.random.between(50, 300));
    }
  }
}
