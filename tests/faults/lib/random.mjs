// Seeded randomness: everything a run decides is drawn from here, so that a seed names a run. Each part of the harness
// has a stream of its own: how often one part draws does not change what another one gets.

export class Random {
  #state;

  constructor(seed, stream = '') {
    let hash = 2166136261 ^ Number(seed);
    for (const char of `${stream}/${seed}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
    this.#state = hash >>> 0;
  }

  /** In [0, 1): mulberry32. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low, high) { return low + Math.floor(this.next() * (high - low + 1)); }
  between(low, high) { return low + this.next() * (high - low); }
  chance(share) { return this.next() < share; }
  pick(list) { return list[Math.floor(this.next() * list.length)]; }

  /** One of the keys of `{key: weight}`. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) if ((left -= weight) < 0) return key;
    return entries.at(-1)[0];
  }
}
