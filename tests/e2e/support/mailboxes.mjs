// The two faces of a mailbox: the classic calls below `{PathBase}/Events/`, and the REST ones. Both clients have the same
// methods, and what a call gives looks the same whichever face was asked, so that a test is written once for both.
import assert from 'node:assert/strict';
import { request } from './http.mjs';

export const topics = ['AssetChanged', 'MetafieldChanged', 'TreeValueChanged', 'ComboValueChanged'];

/** More than any call may wait. */
const longest = 100_000;

const queryOf = (parameters) => {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
};

/** What every client of a mailbox does with a call: `value` is what it gave, when it is one of `good`. */
class Client {
  /** `lull` has `origin` and `pathBase`; `patience` is how long a call may take. */
  constructor(lull, headers = {}, patience = longest) {
    Object.assign(this, { lull, headers, patience });
  }

  /** @returns {{status, ok, reply, value}} `value` only when the call succeeded. */
  async call(method, path, { query = {}, body, headers = {}, good = [200], read = () => undefined } = {}) {
    const reply = await request(method, `${this.base}${path}${queryOf(query)}`, { body, headers: { ...this.headers, ...headers }, timeout: this.patience });
    const ok = good.includes(reply.status);
    return { status: reply.status, ok, reply, value: ok ? read(reply.json, reply) : undefined };
  }

  /** The value of a call that has to succeed. */
  async must(pending) {
    const { ok, value, reply } = await pending;
    assert.ok(ok, `${reply.status} ${reply.text.slice(0, 500)}`);
    return value;
  }

  /** A mailbox of this name that is subscribed to `pairs` of topic and scope. @returns its id */
  async mailbox(name, ...pairs) {
    const { id } = await this.must(this.register(name));
    for (const [topic, scope] of pairs) await this.must(this.subscribe(id, topic, scope));
    return id;
  }

  /** Waits up to `wait` seconds for the oldest message, which has to come. @returns its id */
  async next(id, wait = 10) {
    const { next } = await this.must(this.peek(id, wait));
    assert.ok(next, 'a message came');
    return next;
  }

  /** Takes the oldest message: locked, and confirmed. @returns what lock() gave */
  async take(id, wait = 10, seconds = 30) {
    const messageId = await this.next(id, wait);
    const locked = await this.must(this.lock(id, messageId, seconds));
    await this.must(this.confirm(id, messageId, locked.lockId));
    return { ...locked, messageId };
  }
}

class Classic extends Client {
  title = 'classic';
  get base() { return `${this.lull.origin}${this.lull.pathBase}/Events`; }

  register(name) {
    return this.call('POST', '/Register', { query: { subscriberName: name }, read: ({ SubscriberId: id, Name }) => ({ id, name: Name }) });
  }

  subscribe(id, topic, scope) {
    return this.call('POST', '/Subscribe', { query: { subscriberId: id, companyCode: scope, topic } });
  }

  unsubscribe(id, topic, scope, method = 'POST') {
    return this.call(method, '/Unsubscribe', { query: { subscriberId: id, companyCode: scope, topic } });
  }

  subscriptions(id) {
    const read = (list) => list.map(({ Topic: topic, CompanyCode: scope }) => ({ topic, scope }));
    return this.call('GET', '/ViewSubscriptions', { query: { subscriberId: id }, read });
  }

  peek(id, wait) {
    const read = ({ MessageCount: count, NextMessageId: next, TimedOut = false }) => ({ count, next, timedOut: TimedOut });
    return this.call('GET', '/Peek', { query: { subscriberId: id, timeout: wait }, read });
  }

  lock(id, messageId, seconds) {
    const read = (seen) => ({
      lockId: seen.LockId, topic: seen.Topic, scope: seen.CompanyCode, type: seen.MessageType, body: seen.MessageBody, enqueuedAt: seen.EnqueueTime,
    });
    return this.call('POST', '/Receive', { query: { subscriberId: id, messageId, lockTimeout: seconds }, read });
  }

  confirm(id, messageId, lockId, method = 'POST') {
    return this.call(method, '/Confirm', { query: { subscriberId: id, messageId, lockId } });
  }
}

class Rest extends Client {
  title = 'REST';
  get base() { return `${this.lull.origin}${this.lull.pathBase}/api/v1/mailboxes`; }

  #json(body) {
    return { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  }

  register(name) {
    return this.call('POST', '', { ...this.#json({ name }), good: [201, 200], read: ({ id, name: given }) => ({ id, name: given }) });
  }

  subscribe(id, topic, scope) {
    return this.call('PUT', `/${id}/subscriptions/${topic}`, { query: { scope }, good: [204] });
  }

  unsubscribe(id, topic, scope) {
    return this.call('DELETE', `/${id}/subscriptions/${topic}`, { query: { scope }, good: [204] });
  }

  subscriptions(id) {
    return this.call('GET', `/${id}`, { read: ({ subscriptions }) => subscriptions });
  }

  /** A 204 tells no count. */
  peek(id, wait) {
    const read = (seen, { status }) => (status === 204 ? { count: undefined, next: null, timedOut: true }
      : { count: seen.count, next: seen.next.id, timedOut: false, details: seen.next });
    return this.call('GET', `/${id}/messages`, { query: { wait }, good: [200, 204], read });
  }

  lock(id, messageId, seconds) {
    const body = seconds === undefined ? {} : this.#json({ seconds });
    return this.call('POST', `/${id}/messages/${messageId}/lock`, { ...body, read: (seen) => seen });
  }

  confirm(id, messageId, lockId) {
    return this.call('DELETE', `/${id}/messages/${messageId}`, { query: { lockId }, good: [204] });
  }
}

/** Clients by face: `faces.classic(lull, headers)`. */
export const faces = {
  classic: (...of) => new Classic(...of),
  REST: (...of) => new Rest(...of),
};

/** Whether a call has not been answered yet, seen behind the answer to another one that asked for the same and did not wait. */
export async function stillWaits(client, id, pending) {
  let answered = false;
  const mark = () => { answered = true; };
  pending.then(mark, mark);
  await client.must(client.peek(id, 0));
  return !answered;
}

/** The number at `share` of the sorted values. */
export const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
