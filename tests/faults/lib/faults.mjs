// The faults: each breaks one thing, for a while or for good, and mends it. Which one comes when, where and for how long is
// drawn from the seed. Those at named points wait for an instance to come by (see proxy.mjs) and give up after a while.
import { badMoodsOf } from './receivers.mjs';
import { now, pause, Rest } from './ledger.mjs';

const patience = 4_000;
const [hour, day, year] = [3_600, 86_400, 365 * 86_400];
// How far the server's clock jumps, and comes back from after a few seconds.
const steps = [-30, -3, 2, 3, hour, -hour, 40 * day, -40 * day, -20 * year, 300 * year];

export class Faults {
  #rest = new Rest();
  #pending = new Set();
  #redisBusy = false;
  #brokerBusy = false;
  counts = {};

  constructor({ ledger, random, instances, redis, receivers, operator, load, broker }) {
    Object.assign(this, { ledger, random, instances, redis, receivers, operator, load, broker });
  }

  /** Draws faults by weight, `everyMs` apart on average and at most `most` at a time, until stop(). May run several times. */
  async run(weights, everyMs, most) {
    const pending = new Set();
    for (;;) {
      await this.#rest.for(this.random.between(0.4, 1.6) * everyMs);
      if (this.#rest.over) return;
      const kind = this.random.weighted(weights);
      const [group, point, action] = kind.split(':');
      const done = this.#fault(group, point, action, kind).catch((error) => {
        this.ledger.write('faults', { kind: 'harness', at: now(), error: error.stack });
        throw error;
      });
      pending.add(done);
      this.#pending.add(done);
      done.then(() => { pending.delete(done); this.#pending.delete(done); }, () => {});
      if (pending.size >= most) await Promise.race(pending);
    }
  }

  async stop() {
    this.#rest.end();
    await Promise.all(this.#pending);
  }

  async #fault(group, point, action, kind) {
    if (group === 'receiver') return this.#receiver();
    if (group === 'redis') return this.#redis(point, kind);
    if (group === 'broker') return this.#broker(point, kind);
    const instance = this.#takeInstance();
    if (!instance) return undefined;
    try {
      if (group === 'proxy') return await this.#proxy(instance, point, kind);
      if (group === 'random') return await this.#act(instance, point, kind);
      return await this.#atPoint(instance, point, action, kind);
    } finally {
      instance.busy = false;
    }
  }

  // One instance stays untouched, so that the system is broken and not merely absent; a rare draw takes them all.
  #takeInstance() {
    const free = this.instances.filter((instance) => instance.state === 'up' && !instance.busy);
    if (free.length === 0) return undefined;
    const instance = this.random.pick(free);
    instance.busy = true;
    return instance;
  }

  #note(kind, from, more = {}) {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    this.ledger.write('faults', { kind, from, to: now(), ...more });
  }

  async #act(instance, action, kind) {
    const from = now();
    const how = { instance: instance.index };
    if (action === 'kill') {
      await instance.kill9();
      await pause(this.random.between(0, 800));
      await instance.ready();
    } else if (action === 'term') {
      const { code, signal } = await instance.terminate();
      Object.assign(how, { code, signal, tookMs: now() - from });
      await pause(this.random.between(0, 400));
      await instance.ready();
    } else if (action === 'stop') {
      instance.freeze();
      await pause(this.random.chance(0.5) ? this.random.between(50, 900) : this.random.between(3_200, 5_000));
      instance.thaw();
    } else if (action === 'cut') {
      instance.proxy.cutAll();
    }
    this.#note(kind, from, how);
  }

  async #atPoint(instance, point, action, kind) {
    // Frozen inside the trap, the instance is thawed only later: the trap itself must not hold the proxy for so long.
    let died = {};
    let left = false;
    const act = async () => {
      if (action === 'late') await pause(this.random.between(200, 1_900));
      if (action === 'pause') await this.#pauseBehindClaim();
      if (action === 'kill') await instance.kill9();
      if (action === 'stop') instance.freeze();
      if (action === 'redis' && !this.#redisBusy) died = await this.#killRedis();
      if (action === 'broker') left = !(await this.#killBroker());
    };
    const from = now();
    const trap = this.#trap(instance, point, action, act);
    const timer = setTimeout(trap.cancel, patience);
    const sprung = await trap.sprung;
    clearTimeout(timer);
    if (!sprung || left) return;
    if (action === 'stop') {
      await pause(this.random.chance(0.5) ? this.random.between(50, 900) : this.random.between(3_200, 5_000));
      instance.thaw();
    }
    if (action === 'kill') {
      await pause(this.random.between(0, 600));
      await instance.ready();
    }
    this.#note(kind, from, { instance: instance.index, ...died });
    if (died.at) await this.operator.readBack();
  }

  // The claim was made, its reply is under way: an endpoint that is paused meanwhile must not hear of it a second later.
  #pauseBehindClaim() {
    const from = now();
    return this.operator.exclusively(async () => {
      const enabled = [...this.operator.endpoints.values()].filter((endpoint) => !endpoint.steady && endpoint.enabled);
      await Promise.all(enabled.map((endpoint) => this.operator.setEnabled(endpoint, false)));
      await pause(1_350 - (now() - from));
    });
  }

  #trap(instance, point, action, act) {
    const fate = action === 'cut' ? 'cut' : 'pass';
    const at = (script, when, matches) => instance.proxy.trap({ script, when, matches, action: act, fate });
    const atBroker = (frame, when) => this.broker.proxyOf(instance.index).trap({ frame, when, action: act, fate });
    const word = (letter) => (command) => command.words.some((bytes) => bytes.length === 1 && bytes[0] === letter.charCodeAt(0));
    const hit = (port) => (instance.owns(port) ? act() : undefined);
    switch (point) {
      case 'committed': return at('admit', 'after');
      case 'before-commit': return at('admit', 'before');
      case 'claimed': return at('claim', 'after', (reply) => reply.length > 100);
      case 'clock': return at('clock', this.random.pick(['before', 'after']));
      case 'fanning-out': return at('fire', this.random.pick(['before', 'after']));
      case 'streaming': return at('fan', this.random.pick(['before', 'after']));
      case 'settling': return at('settle', 'before', word('c'));
      case 'settled': return at('settle', 'after');
      case 'rescheduling': return at('settle', 'before', word('r'));
      case 'parking': return at('settle', 'before', word('p'));
      case 'locking': return at('mailbox_lock', 'before');
      case 'locked': return at('mailbox_lock', 'after');
      case 'confirming': return at('mailbox_confirm', 'before');
      case 'confirmed': return at('mailbox_confirm', 'after');
      case 'locks-ending': return at('mailbox_locks_end', this.random.pick(['before', 'after']));
      case 'publishing': return atBroker('publish', 'before');
      case 'published': return atBroker('body', 'after');
      case 'broker-confirming': return atBroker('ack', 'before');
      case 'mid-post': return this.receivers.trap('mid-post', hit);
      case 'answered': return this.receivers.trap('answered', hit);
      default: throw new Error(`no such point: ${point}`);
    }
  }

  async #proxy({ proxy, index }, mode, kind) {
    const from = now();
    proxy.setMode(mode);
    await pause(this.random.between(300, mode === 'refuse' ? 1_500 : 3_500));
    proxy.setMode('pass');
    if (mode === 'half-open') proxy.cutAll(); // Replies that were lost would make every later one the answer to another call.
    this.#note(kind, from, { instance: index });
  }

  async #killRedis() {
    this.#redisBusy = true;
    const how = await this.redis.kill(this.random);
    await pause(this.random.between(0, 900));
    await this.redis.start();
    this.ledger.write('faults', { kind: 'redis-died', at: how.at, lostMs: how.lostMs, back: now() });
    this.#redisBusy = false;
    return how;
  }

  /** One at a time. @returns whether it was done, and not left because the broker is in hand already. */
  async #toBroker(does) {
    if (this.#brokerBusy) return false;
    this.#brokerBusy = true;
    await does();
    this.#brokerBusy = false;
    return true;
  }

  #killBroker() { return this.#toBroker(() => this.broker.kill(this.random.between(0, 1_500))); }

  async #broker(what, kind) {
    const from = now();
    let done = true;
    if (what === 'kill') {
      done = await this.#killBroker();
    } else if (what === 'stop') {
      done = await this.#toBroker(() => this.broker.freeze(this.random.chance(0.5) ? this.random.between(50, 900) : this.random.between(2_000, 6_000)));
    } else {
      this.broker.proxyOf(this.random.pick(this.instances).index).cutAll();
    }
    if (done) this.#note(kind, from);
  }

  async #redis(what, kind) {
    if (this.#redisBusy) return;
    this.#redisBusy = true;
    const from = now();
    const how = {};
    const { redis } = this;
    if (what === 'kill') {
      Object.assign(how, await this.#killRedis());
    } else if (what === 'pause') {
      await redis.command('CLIENT', 'PAUSE', this.random.int(200, 2_800), this.random.pick(['ALL', 'WRITE']));
      await pause(2_000);
      await redis.command('CLIENT', 'UNPAUSE');
    } else if (what === 'flush') {
      await redis.command('SCRIPT', 'FLUSH');
    } else if (what === 'full') {
      await redis.command('CONFIG', 'SET', 'maxmemory', '100kb');
      await pause(this.random.between(500, 2_500));
      await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    } else if (what === 'readonly') {
      await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
      await pause(this.random.between(300, 2_000));
      await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
    } else if (what === 'replica') {
      await redis.command('REPLICAOF', '127.0.0.1', '1');
      await pause(this.random.between(300, 2_000));
      await redis.command('REPLICAOF', 'NO', 'ONE');
    } else if (what === 'clock') {
      how.seconds = this.random.pick(steps);
      redis.clock.step(how.seconds);
      await pause(this.random.between(1_500, 3_000));
      redis.clock.step(0);
    } else {
      this.#redisBusy = false;
      return;
    }
    this.#redisBusy = false;
    this.#note(kind, from, how);
    // It may die again before it is asked, or while it is.
    if (what === 'kill') await this.operator.readBack();
  }

  async #receiver() {
    const from = now();
    const endpoint = this.random.pick([...this.operator.endpoints.values()]);
    const mood = this.random.pick(badMoodsOf(endpoint));
    this.receivers.setMood(endpoint.name, mood, this.random.pick([1, 0.5]));
    await pause(this.random.between(400, 4_000));
    this.receivers.setMood(endpoint.name, 'ok');
    this.#note('receiver', from, { ep: endpoint.name, mood });
  }
}
