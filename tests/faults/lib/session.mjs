// One run: start everything, break it for a while, heal it, wait until it is quiet, write down what is left.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { metricsOf } from '../../e2e/support/metrics.mjs';
import { freePort } from '../../e2e/support/redis.mjs';
import { Broker } from './broker.mjs';
import { calmPhase } from './calm.mjs';
import { Faults } from './faults.mjs';
import { Instance, times } from './fleet.mjs';
import { Ledger, now, pause } from './ledger.mjs';
import { Load } from './load.mjs';
import { Operator } from './operator.mjs';
import { Mailboxes } from './mailboxes.mjs';
import { outage } from './outage.mjs';
import { Random } from './random.mjs';
import { Receivers } from './receivers.mjs';
import { RedisServer } from './redis.mjs';
import { Scripts } from './scripts.mjs';

const counters = ['created', 'revived', 'delivered', 'superseded', 'dead_lettered', 'cancelled'];

/** Beside the debounced ones: in lanes of items and in lanes of their own, those that nobody changes and those that anybody may. */
const toldEvery = [
  { delivery: 'every', steady: true },
  { delivery: 'every', mask: 7 },
  { delivery: 'every', order: 'none', mask: 9 },
  // One lane has one message in flight: with half of what happens it keeps up.
  { delivery: 'every', order: 'endpoint', mask: 5, steady: true },
  { delivery: 'every', order: 'endpoint', onFailure: 'stop', mask: 9 },
  { delivery: 'every', order: 'endpoint', results: 'body', mask: 6 },
];

/** With a broker: nobody changes them, because what is read later than it was confirmed would look like told behind a pause. */
const toldByBroker = [
  { mask: 11 },
  { delivery: 'every', mask: 7 },
  { delivery: 'every', order: 'none' },
  { delivery: 'every', order: 'endpoint', mask: 5 },
].map((telling) => ({ ...telling, channel: 'rabbitmq', steady: true }));

export class Session {
  constructor(options) {
    this.options = options;
    this.ledger = new Ledger(join(options.directory, 'ledger'));
    const random = (stream) => new Random(options.seed, stream);
    this.redis = new RedisServer({ directory: join(options.directory, 'redis'), port: 0, fsync: options.fsync });
    this.receivers = new Receivers(this.ledger, random('receivers'));
    this.instances = [];
    this.random = random;
    if (options.profile.broker) this.broker = new Broker(this.ledger);
  }

  /** @returns a summary for people; the verdict is the checker's. */
  async run() {
    const { profile, seed, fsync } = this.options;
    try {
      await this.#start();
      this.ledger.write('run', { seed, fsync, times, instances: this.instances.length });
      this.load.start(profile.clients);
      if (profile.outage) {
        this.table = await outage(this, profile.outage);
        await this.#heal();
      } else {
        const { broken } = await this.#breakThings(profile);
        await this.#heal(broken);
      }
      if (profile.calm && this.isQuiet) {
        await calmPhase({ ...this, random: this.random('calm') });
        await this.#quiet();
      }
      await this.mailboxes.stop();
      await this.broker?.drained();
      await this.#collect();
      return this.#summary();
    } finally {
      await this.#stop();
    }
  }

  async #breakThings({ weights, everyMs, receiversMs, operatorMs }) {
    const broken = Promise.all([this.faults.run(weights, everyMs, 4), this.faults.run({ receiver: 1 }, receiversMs, 4)]);
    broken.catch(() => {});
    await Promise.race([pause(this.options.seconds * 1000), broken, this.operator.start(operatorMs), this.#lateMailbox()]);
    return { broken };
  }

  /** One more, subscribed while everything goes on: nothing older may come to it. */
  async #lateMailbox() {
    await pause(this.options.seconds * 400);
    // A power cut might take its registration, of which nothing else would tell.
    if (this.options.fsync === 'always') await this.mailboxes.create('late', ['ComboValueChanged']);
    return new Promise(() => {});
  }

  async #start() {
    const { options, ledger, receivers, redis } = this;
    mkdirSync(options.directory, { recursive: true });
    redis.port = await freePort();
    await redis.start();
    await receivers.start(2);
    await this.broker?.start(options.instances);
    const scripts = new Scripts(options.scripts);
    for (let index = 0; index < options.instances; index += 1) {
      const instance = new Instance({ index, binary: options.binary, directory: options.directory, redisPort: redis.port, scripts, ledger,
        extra: { ...this.broker?.settingsOf(index), ...options.settings } });
      await instance.prepare();
      instance.spawn();
      this.instances.push(instance);
    }
    for (const instance of this.instances) await instance.ready();
    const parts = { ledger, instances: this.instances };
    this.operator = new Operator({ ...parts, random: this.random('operator'), ports: receivers.ports, broker: this.broker });
    for (let i = 0; i < 2; i += 1) await this.operator.create({ steady: true });
    for (const mask of [15, 5, 10]) await this.operator.create({ mask });
    for (const endpoint of [...toldEvery, ...(this.broker ? toldByBroker : [])]) await this.operator.create(endpoint);
    this.mailboxes = new Mailboxes({ ...parts, random: this.random('mailboxes') });
    if (!options.profile.outage) { // Sixteen publishers are more than clients that poll keep up with.
      await this.mailboxes.create('several', ['AssetChanged', 'MetafieldChanged'], { pollers: 4 });
      await this.mailboxes.create('orderly', ['TreeValueChanged'], { orderly: true });
    }
    this.load = new Load({ ...parts, random: this.random('load') });
    this.faults = new Faults({ ...parts, random: this.random('faults'), redis, receivers, operator: this.operator, load: this.load, broker: this.broker });
    if (options.fsync === 'everysec') await pause(2_500);
  }

  async #heal(broken) {
    await this.faults.stop();
    await broken;
    await this.operator.stop();
    await this.load.stop();
    this.receivers.calm();
    this.mailboxes.calm();
    for (const instance of this.instances) {
      instance.proxy.setMode('pass');
      await instance.ready();
    }
    await this.operator.readBack(); // What a power cut brought back has to be resumed, too.
    for (const endpoint of this.operator.endpoints.values()) {
      // Also what Lull paused by itself; the park and the breaker go with it.
      await this.operator.setEnabled(endpoint, true);
    }
    await this.mailboxes.resume();
    await this.#quiet();
  }

  /** Waits until nothing is open, on its way or pending, for as long as that becomes less. */
  async #quiet() {
    const began = now();
    let calm = 0;
    for (let least = Infinity, since = began; calm < 3 && now() - since < this.options.quietMs;) {
      const { json } = await this.instances[0].api.get('/stats');
      this.left = { windows: json.windowsOpen, stream: json.totals.streamDepth ?? json.streamDepth ?? 0, pending: json.totals.queueDepth };
      const left = Object.values(this.left).reduce((sum, count) => sum + count);
      if (left < least) [least, since] = [left, now()];
      // What it answers may be a second old, and tell of the time before the load ended.
      calm = now() - began > 1_100 && left === 0 ? calm + 1 : 0;
      await pause(100);
    }
    this.isQuiet = calm >= 3;
    this.ledger.write('run', { quietAfterMs: now() - began, quiet: this.isQuiet, left: this.left });
  }

  async #collect() {
    for (const [name, endpoint] of this.operator.endpoints) {
      for (let cursor; ;) {
        const at = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const { json } = await this.instances[0].api.get(`/dead-letters?endpointId=${endpoint.id}&limit=500${at}`);
        for (const { changeType, itemId, sequence, reason, supersededAt } of json.items) {
          this.ledger.write('letters', { ep: name, key: `${changeType}|${itemId}`, upto: sequence, reason, superseded: Boolean(supersededAt) });
        }
        if (!(cursor = json.nextCursor)) break;
      }
      await this.operator.noteMissed(endpoint);
    }
    // Far fewer subjects than a page holds.
    for (const alert of (await this.instances[0].api.get('/alerts?limit=500')).json.items) this.ledger.write('alerts', alert);
    for (const instance of this.instances) {
      const metrics = await metricsOf(instance.origin);
      const value = (name) => metrics.value(name);
      const row = { instance: instance.index, pending: value('lull_fleet_notifications_pending'), windows: value('lull_fleet_windows_open') };
      for (const name of counters) row[name] = value(`lull_fleet_notifications_${name}_total`);
      row.removedExpired = metrics.value('lull_fleet_dead_letters_removed_total', { reason: 'expired' });
      row.accepted = value('lull_fleet_events_accepted_total');
      this.ledger.write('final', row);
    }
  }

  #summary() {
    const { load, faults, receivers, redis, table } = this;
    return { table, acknowledged: load.acknowledged, unknown: load.unknown, surprises: load.surprises, requests: receivers.requests,
      ...(this.broker && { readFromBroker: this.broker.read, brokerKills: this.broker.kills }), redisKills: redis.kills, faults: faults.counts };
  }

  async #stop() {
    this.ledger.write('run', { end: now(), surprises: this.load?.surprises });
    for (const instance of this.instances) {
      instance.ending ??= 'SIGKILL';
      if (instance.child && instance.state !== 'down') await instance.kill9().catch(() => {});
      await instance.proxy.stop();
    }
    await this.receivers.stop();
    await this.broker?.stop();
    if (this.redis.child) await this.redis.stop();
    await this.ledger.close();
  }
}
