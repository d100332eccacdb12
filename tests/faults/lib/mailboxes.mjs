// The clients of mailboxes: they wait, lock, handle and confirm over both faces and at any instance, lose patience and die
// in between; an operator unlocks, purges and pauses beside them. The ledger has each call from its sending to its answer:
// status 0 is a call without an answer, of which nobody knows what became.
import { faces } from '../../e2e/support/mailboxes.mjs';
import { now, pause } from './ledger.mjs';

const bits = { AssetChanged: 1, MetafieldChanged: 2, TreeValueChanged: 4, ComboValueChanged: 8 };
const patience = 12_000;
/** A lock has surely run out behind that (checker/mailboxes.mjs). */
const [slow, slackMs] = [1.07, 300];
/** Answers that say nothing of what became of a call. */
const unknown = (status) => status === 0 || status >= 500 || status === 429;

export class Mailboxes {
  #boxes = [];
  #loops = [];
  #handling = new Set();
  #stopped = false;
  #calm = false;
  #locks = 0;

  constructor({ ledger, random, instances }) {
    Object.assign(this, { ledger, random, instances });
  }

  /** @param orderly one client, which leaves no message before it is confirmed, and no operator: it gets them in their order. */
  async create(name, topics, { pollers = 1, orderly = false } = {}) {
    const box = { name, topics, orderly };
    await this.#enrol(box);
    this.#boxes.push(box);
    for (let poller = 0; poller < pollers; poller += 1) this.#loops.push(orderly ? this.#inOrder(box) : this.#poll(box));
    if (!orderly) this.#loops.push(this.#operate(box));
  }

  /** From now on nobody dawdles, dies or meddles: what is left is taken out. */
  calm() { this.#calm = true; }

  /** A power cut may have taken back the end of a pause, although it was acknowledged. */
  async resume() {
    for (const box of this.#boxes) await this.#setEnabled(box, true);
  }

  async stop() {
    this.#stopped = true;
    await Promise.all([...this.#loops, ...this.#handling]);
  }

  async #enrol(box) {
    const { value } = await this.#insist(() => this.#client().register(box.name));
    box.id = value.id;
    const from = now();
    for (const topic of box.topics) await this.#insist(() => this.#client().subscribe(box.id, topic));
    const mask = box.topics.reduce((sum, topic) => sum + bits[topic], 0);
    this.ledger.write('mailboxes', { box: box.name, id: box.id, mask, orderly: box.orderly, from, to: now() });
  }

  #client(face = this.random.pick(Object.keys(faces))) {
    const { origin, index } = this.random.pick(this.instances);
    return faces[face]({ origin, index, pathBase: '' }, {}, patience);
  }

  /** One call, which may have no answer; it stands in the ledger of the mailbox. */
  async #call(box, op, call, more = {}, client = this.#client()) {
    const at = now();
    const { status, value } = await call(client).catch(() => ({ status: 0 }));
    const row = { op, at, end: now(), status, instance: client.lull.index, ...more };
    return { status, value, row, note: (facts = {}) => this.ledger.write(`mailboxes/${box.name}`, { ...row, ...facts }) };
  }

  async #insist(call) {
    for (let tries = 1; ; tries += 1) {
      const answer = await call().catch(() => ({ status: 0 }));
      if (answer.ok || answer.status === 404) return answer;
      if (!unknown(answer.status)) throw new Error(`a mailbox was answered ${answer.status}: ${answer.reply.text}`);
      if (tries > 300) throw new Error('a call of a mailbox has no outcome');
      await pause(this.random.between(50, 300));
    }
  }

  /** @returns {{id, seq}} of the next message, or undefined. */
  async #next(box, face) {
    const { status, value, note } = await this.#call(box, 'peek', (client) => client.peek(box.id, this.random.int(0, 2)), {}, this.#client(face));
    if (value?.next) {
      note({ id: value.next });
      return { id: value.next, seq: value.details?.sequence };
    }
    if (value) return undefined;
    note();
    if (status === 404) await this.#enrol(box); // It is gone. Whether it may be is the checker's to say.
    await pause(this.random.between(50, 300));
    return undefined;
  }

  /** @returns {{lockId, no, n}} of a lock that was given, or {status}. */
  async #lock(box, { id, seq }, seconds) {
    const { status, value, note } = await this.#call(box, 'lock', (client) => client.lock(box.id, id, seconds), { id, seconds });
    const no = this.#locks += 1;
    const data = value?.body.Data;
    note({ no, ...(value && { n: data.BaseId, key: `${value.body.ChangeType}|${data.ItemId}`, seq }) });
    return value ? { lockId: value.lockId, no, n: data.BaseId } : { status };
  }

  async #confirm(box, { id }, { lockId, no, n }) {
    const { status, note } = await this.#call(box, 'confirm', (client) => client.confirm(box.id, id, lockId), { id, no, n });
    note();
    return status;
  }

  async #poll(box) {
    while (!this.#stopped) {
      const message = await this.#next(box);
      if (!message) continue;
      const seconds = this.random.int(1, 3);
      const lock = await this.#lock(box, message, seconds);
      // Clients that take no breath would leave the receivers no time to answer: all of them are this one process.
      await pause(lock.lockId ? this.random.between(5, 25) : this.random.between(20, 200));
      if (!lock.lockId) continue;
      const manner = this.#calm ? 'quick' : this.random.weighted({ quick: 70, slow: 15, late: 8, dies: 7 });
      if (manner === 'quick') await this.#finish(box, message, lock);
      // The client takes the next ones meanwhile.
      if (manner === 'slow') this.#later(this.random.between(10, 400), () => this.#finish(box, message, lock));
      if (manner === 'late') this.#later(seconds * 1000 * slow + slackMs + 100, () => this.#finish(box, message, lock));
    }
  }

  /** Whoever has no answer either asks again or takes it for done. */
  async #finish(box, message, lock) {
    while (unknown(await this.#confirm(box, message, lock)) && (this.#calm || this.random.chance(0.6))) await pause(this.random.between(20, 300));
  }

  #later(ms, act) {
    const done = pause(ms).then(act).finally(() => this.#handling.delete(done));
    this.#handling.add(done);
  }

  async #inOrder(box) {
    while (!this.#stopped) {
      const message = await this.#next(box, 'REST');
      for (let done = !message; !done;) {
        const lock = await this.#lock(box, message, 3);
        if (lock.lockId) {
          let status;
          while (unknown(status = await this.#confirm(box, message, lock))) await pause(this.random.between(20, 200));
          done = status !== 409; // Else the lock ran out over it: once more.
        } else {
          done = lock.status === 404;
          await pause(this.random.between(50, 200)); // A lock whose answer was lost has to run out.
        }
      }
    }
  }

  async #operate(box) {
    while (!this.#stopped && !this.#calm) {
      await pause(this.random.between(500, 3_000));
      const path = `/endpoints/${box.id}`;
      switch (this.random.weighted({ unlock: 3, unlockOne: 3, purge: 2, pause: 1 })) {
        case 'unlock': await this.#operator(box, 'unlock', 'POST', `${path}/queue/retry`, { all: true }); break;
        case 'unlockOne': await this.#one(box, 'unlock', `${path}/queue/retry`); break;
        case 'purge': await this.#one(box, 'purge', `${path}/queue/purge`); break;
        default:
          await this.#setEnabled(box, false);
          await pause(this.random.between(200, 2_000));
          await this.#setEnabled(box, true);
      }
    }
  }

  #setEnabled(box, enabled) {
    return this.#operator(box, enabled ? 'resume' : 'pause', 'PATCH', `/endpoints/${box.id}`, { enabled });
  }

  async #one(box, op, path) {
    const { json } = await this.random.pick(this.instances).api.get(`/endpoints/${box.id}/queue?limit=20`).catch(() => ({}));
    if (!(json?.items?.length > 0)) return;
    const { id, sequence } = this.random.pick(json.items);
    await this.#operator(box, op, 'POST', path, { ids: [id] }, { id, seq: sequence });
  }

  /** Tried until its outcome is known; in the ledger from its first try to its answer. */
  async #operator(box, op, method, path, body, more = {}) {
    const at = now();
    for (;;) {
      const sent = now();
      const reply = await this.random.pick(this.instances).api.send(method, path, body, {}, { timeout: patience }).catch(() => ({ status: 0 }));
      if (!unknown(reply.status)) {
        this.ledger.write(`mailboxes/${box.name}`, { op, at, sent, end: now(), status: reply.status, ...more });
        return;
      }
      await pause(this.random.between(50, 300));
    }
  }
}
