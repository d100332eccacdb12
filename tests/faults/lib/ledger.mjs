// What happened, as JSON lines on disk: the checker reads nothing else. Times are milliseconds of one monotonic clock (the
// harness's), so that stepping the clock of a server under test changes nothing here.
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export const now = () => Math.round(performance.now() * 1000) / 1000;
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * One file per kind of record: run, events, registry, faults, letters, alerts, mailboxes, final; and, by far the most, attempts/<endpoint> and the
 * calls of the clients of a mailbox in mailboxes/<name>.
 */
export class Ledger {
  #files = new Map();

  constructor(directory) {
    this.directory = directory;
    for (const folder of ['attempts', 'mailboxes']) mkdirSync(join(directory, folder), { recursive: true });
  }

  write(kind, record) {
    if (!this.#files.has(kind)) this.#files.set(kind, createWriteStream(join(this.directory, `${kind}.jsonl`)));
    this.#files.get(kind).write(`${JSON.stringify(record)}\n`);
  }

  async close() {
    await Promise.all([...this.#files.values()].map((file) => new Promise((resolve) => file.end(resolve))));
  }
}

/** A rest that can be cut short: work loops sleep on it, so that stopping them takes no time. */
export class Rest {
  over = false;
  #end;
  #ended = new Promise((resolve) => { this.#end = resolve; });

  async for(ms) {
    let timer;
    await Promise.race([this.#ended, new Promise((resolve) => { timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1)); })]);
    clearTimeout(timer);
  }

  end() {
    this.over = true;
    this.#end();
  }
}
