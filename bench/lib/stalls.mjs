import { connect } from 'node:net';

import { encodeCommand } from './redis.mjs';

// SLOWLOG answers with nested arrays; a script makes one line of what is asked: the longest command, in µs.
const LONGEST = `local longest = 0
for _, entry in ipairs(redis.call('SLOWLOG', 'GET', 100000)) do longest = math.max(longest, entry[3]) end
return tostring(longest)`;

/**
 * How long Redis was held: by its own account (the longest command or script call, from SLOWLOG), and as somebody else
 * sees it (the longest PING on a connection of its own, which also counts the time that this process had to wait).
 */
export class Stalls {
  #redis;
  #socket;
  #longestPing = 0;
  #ended = false;

  static async watch(context, redis) {
    const stalls = new Stalls();
    stalls.#redis = redis;
    await redis.command('CONFIG', 'SET', 'slowlog-log-slower-than', '500');
    await redis.command('CONFIG', 'SET', 'slowlog-max-len', '100000');
    stalls.#socket = connect(redis.socket);
    stalls.#socket.on('error', () => {}); // Redis ends before this does.
    context.onCleanup(() => stalls.#end());
    stalls.#ping();
    return stalls;
  }

  #ping() {
    const sent = performance.now();
    this.#socket.once('data', () => {
      this.#longestPing = Math.max(this.#longestPing, performance.now() - sent);
      setTimeout(() => this.#ended || this.#ping(), 1);
    });
    this.#socket.write(encodeCommand(['PING']));
  }

  #end() {
    this.#ended = true;
    this.#socket.destroy();
  }

  /** Forgets what was before. */
  async reset() {
    await this.#redis.command('SLOWLOG', 'RESET');
    this.#longestPing = 0;
  }

  /** What was longest since the last reset, in ms. */
  async longest() {
    const script = Number(await this.#redis.command('EVAL', LONGEST, '0')) / 1000;
    return { script, ping: this.#longestPing };
  }
}
