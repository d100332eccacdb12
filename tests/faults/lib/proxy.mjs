// A TCP proxy in front of Redis, one per instance, that knows where one command ends. It cuts, stalls and half-opens
// connections, and it is how the harness reaches the named points inside an instance from outside: what an instance does
// next is decided by the reply that it has not been given yet.
import { connect, createServer } from 'node:net';
import { CommandReader, ReplyReader } from './resp.mjs';

export class Proxy {
  #links = new Set();
  #traps = [];
  #server;
  /** pass | stall (nothing moves) | half-open (commands go through, replies are lost) | refuse */
  mode = 'pass';

  /** @param scripts names and replaces the Lua scripts that pass by (see scripts.mjs). */
  constructor(redisPort, scripts) {
    this.redisPort = redisPort;
    this.scripts = scripts;
  }

  async start() {
    this.#server = createServer({ noDelay: true }, (client) => this.#accept(client));
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
  }

  /**
   * Springs once, when the named script passes: `before` its command reaches Redis, or `after` Redis has answered and before
   * the instance hears of it. `action` may take its time; `fate` then says what becomes of the connection: pass | cut.
   * @returns {{sprung: Promise<boolean>, cancel: Function}}
   */
  trap({ script, when, matches = () => true, action, fate = 'pass' }) {
    const trap = { script, when, matches, action, fate };
    trap.sprung = new Promise((resolve) => { trap.settle = resolve; });
    this.#traps.push(trap);
    // One that is springing settles when its action is done: whoever kills an instance there has to start it again.
    const cancel = () => {
      const at = this.#traps.indexOf(trap);
      if (at >= 0) this.#traps.splice(at, 1)[0].settle(false);
    };
    return { sprung: trap.sprung, cancel };
  }

  takeTrap(script, when, subject) {
    const at = this.#traps.findIndex((trap) => trap.script === script && trap.when === when && trap.matches(subject));
    return at < 0 ? undefined : this.#traps.splice(at, 1)[0];
  }

  setMode(mode) {
    this.mode = mode;
    if (mode === 'refuse') this.cutAll();
    for (const link of this.#links) link.flush();
  }

  cutAll() {
    for (const link of [...this.#links]) link.cut();
  }

  async stop() {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client) {
    if (this.mode === 'refuse') {
      client.destroy();
      return;
    }
    const link = new Link(this, client, () => this.#links.delete(link));
    this.#links.add(link);
  }
}

/** One connection of an instance. Both directions are queues of whole commands and replies that move unless held. */
class Link {
  #up = [];
  #down = [];
  #expected = [];
  #held = false;
  #cut = false;
  #draining = false;

  constructor(proxy, client, onEnd) {
    this.proxy = proxy;
    this.client = client;
    this.onEnd = onEnd;
    this.redis = connect({ port: proxy.redisPort, host: '127.0.0.1', noDelay: true });
    const commands = new CommandReader();
    const replies = new ReplyReader();
    client.on('data', (chunk) => { this.#up.push(...commands.push(chunk)); this.flush(); });
    this.redis.on('data', (chunk) => { this.#down.push(...replies.push(chunk)); this.flush(); });
    for (const socket of [client, this.redis]) {
      socket.on('error', () => this.cut());
      socket.on('close', () => this.cut());
    }
  }

  cut() {
    if (this.#cut) return;
    this.#cut = true;
    this.client.destroy();
    this.redis.destroy();
    this.onEnd();
  }

  async flush() {
    if (this.#draining) return;
    this.#draining = true;
    while (!this.#held && !this.#cut && this.proxy.mode !== 'stall' && (await this.#moveOne())) { /* on */ }
    this.#draining = false;
  }

  async #moveOne() {
    if (this.#down.length > 0) {
      const reply = this.#down.shift();
      const script = this.#expected.shift();
      await this.#spring('after', script, reply);
      if (!this.#cut && this.proxy.mode !== 'half-open') this.client.write(reply);
      return true;
    }
    if (this.#up.length === 0) return false;
    const command = this.#up.shift();
    const { name, bytes } = this.proxy.scripts.passing(command);
    await this.#spring('before', name, command);
    if (this.#cut) return false;
    this.#expected.push(name);
    this.redis.write(bytes);
    return true;
  }

  async #spring(when, script, subject) {
    const trap = script && this.proxy.takeTrap(script, when, subject);
    if (!trap) return;
    this.#held = true;
    await trap.action();
    this.#held = false;
    if (trap.fate === 'cut') this.cut();
    trap.settle(true);
  }
}
