import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * The bytes that a redis-server has written to its append-only files since it started. INFO's aof_current_size shrinks with
 * every rewrite, so the files themselves are read: each is opened when it appears, and stays readable when a rewrite has
 * deleted it. Only the rewrite after the one that made a file deletes it, so a look now and then misses none.
 */
export class AppendOnlyFiles {
  #directory;
  #files = new Map();
  #timer;

  constructor(directory) {
    this.#directory = directory;
    this.#timer = setInterval(() => this.#look(), 200);
  }

  #look() {
    for (const name of readdirSync(this.#directory)) {
      // What a rewrite writes (".base.rdb") was appended before.
      if (name.endsWith('.incr.aof') && !this.#files.has(name)) {
        this.#files.set(name, openSync(path.join(this.#directory, name), 'r'));
      }
    }
  }

  bytes() {
    this.#look();
    return [...this.#files.values()].reduce((sum, file) => sum + fstatSync(file).size, 0);
  }

  close() {
    clearInterval(this.#timer);
    this.#files.forEach((file) => closeSync(file));
    this.#files.clear();
  }
}
