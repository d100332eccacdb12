// How late the machine itself is: a token goes to and fro between this process and a child that does nothing else, and is
// written to disk on its way, about as often as an event changes hands between its publication and its notification. What
// that takes beyond nothing, the service cannot be blamed for.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { track } from '../../e2e/support/cleanup.mjs';
import { now, pause } from './ledger.mjs';

const rounds = 5; // Ten hand-overs: client, API, Redis, debounce, Redis, dispatch, Redis, transport, receiver, and back.
const noteworthyMs = 10;

// Every other hand-over of an event waits for the append-only file.
const echo = `
const { fdatasyncSync, openSync, writeSync } = require('node:fs');
const file = openSync(process.argv[1], 'w');
process.stdin.on('data', (token) => {
  writeSync(file, token, 0, token.length, 0);
  fdatasyncSync(file);
  process.stdout.write(token);
});`;

export class MachineWatch {
  #over = false;

  /** Slow passes of the token go to the ledger, as {late: ms, from, to}. */
  constructor(ledger) {
    this.ledger = ledger;
    this.child = track(spawn(process.execPath, ['-e', echo, join(ledger.directory, 'machine-watch')], { stdio: ['pipe', 'pipe', 'ignore'] }));
    this.loop = this.#watch();
  }

  async #pass() {
    const back = new Promise((resolve) => this.child.stdout.once('data', resolve));
    this.child.stdin.write('x');
    await back;
  }

  async #watch() {
    await this.#pass(); // Its start is not what is measured.
    while (!this.#over) {
      const from = now();
      for (let round = 0; round < rounds; round += 1) await this.#pass();
      const to = now();
      if (to - from >= noteworthyMs) this.ledger.write('run', { late: to - from, from, to });
      await pause(5);
    }
  }

  async stop() {
    this.#over = true;
    await this.loop;
    this.child.kill();
  }
}
