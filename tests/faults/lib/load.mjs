// Clients that publish and keep a ledger of what was acknowledged. A time-out, a 503 or a broken connection is unknown:
// the event may have been accepted or not. Those with an id are sent again until they are known.
import { now, pause } from './ledger.mjs';

const types = { 1: ['AssetCreated', 'AssetMetadataUpdated', 'AssetExternalProccessingFinished'], 2: ['MetafieldCreated'],
  4: ['TreeValueCreated', 'TreeValueDeleted'], 8: ['ComboValueCreated'] };
const bits = [1, 2, 4, 8];

export class Load {
  #published = 0;
  #requests = 0;
  #running = false;
  #loops = [];
  acknowledged = 0;
  unknown = 0;
  surprises = {};
  answers = {};
  slowest = 0;

  constructor({ ledger, random, instances, items = 24, onAcknowledged = () => {} }) {
    Object.assign(this, { ledger, random, instances, items, onAcknowledged });
  }

  start(clients) {
    this.#running = true;
    this.#loops = Array.from({ length: clients }, () => this.#client());
  }

  async stop() {
    this.#running = false;
    await Promise.all(this.#loops);
  }

  /** One event of `bit` on `item`; its number is its baseId, so that a notification tells whose content it carries. */
  event(bit = this.random.pick(bits), item = this.#item()) {
    this.#published += 1;
    return { type: this.random.pick(types[bit]), itemId: item, baseId: this.#published, bit };
  }

  /** @returns the sequences, or undefined when nothing is known. */
  async publish(events, instance = this.random.pick(this.instances)) {
    const sent = now();
    const request = this.#requests += 1;
    let reply;
    try {
      const body = events.map(({ bit, ...event }) => event);
      reply = await instance.api.post('/events', body, {}, { timeout: 12_000 });
    } catch {
      // Refused, reset or timed out.
    }
    const sequences = reply?.status === 202 ? reply.json.sequences : undefined;
    const out = sequences ? 'acknowledged' : 'unknown';
    if (reply && ![202, 503].includes(reply.status)) this.surprises[reply.status] = (this.surprises[reply.status] ?? 0) + 1;
    this[out] += events.length;
    const ended = now();
    const answer = reply?.status ?? 'none';
    this.answers[answer] = (this.answers[answer] ?? 0) + 1;
    this.slowest = Math.max(this.slowest, ended - sent);
    events.forEach((event, index) => this.ledger.write('events', {
      n: event.baseId, key: `${event.bit}|${event.itemId}`, sent, ended, out, status: reply?.status, id: event.id, seq: sequences?.[index], request,
      instance: instance.index,
    }));
    if (sequences) this.onAcknowledged(instance);
    return sequences;
  }

  // The items that change drift: each is busy for a while and then never heard of again, so that what was lost of it last
  // is not made good by a later event.
  #item() {
    const item = Math.floor(this.#published / 20) + this.random.int(1, this.items);
    return item % 5 === 0 ? `item-${item}` : item;
  }

  async #client() {
    while (this.#running) {
      // The largest is committed in parts, whose order must be kept as well.
      const events = Array.from({ length: this.random.weighted({ 1: 4, 3: 3, 8: 1, 250: 0.01 }) }, () => this.event());
      const identified = this.random.chance(0.4);
      if (identified) for (const event of events) event.id = `n${event.baseId}`;
      let known = await this.publish(events);
      while (identified && !known && this.#running) {
        await pause(this.random.between(50, 400));
        known = await this.publish(events);
      }
      await pause(this.random.between(5, 70));
    }
  }
}
