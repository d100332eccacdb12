// Knows the Lua scripts of the service by the SHA-1 under which they are called, and can put others in their place as they
// pass the proxy: that is how defects and mutants of the scripts are tried without building anything.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeCommand } from './resp.mjs';

const sha1 = (text) => createHash('sha1').update(text).digest('hex');

/** The text of a script as service/cmake/embed_scripts.cmake assembles it. */
export function assemble(folder, name) {
  const taken = new Set();
  let text = readFileSync(join(folder, `${name}.lua`), 'utf8');
  for (let match; (match = /^--@include +(.+)$/m.exec(text)); ) {
    const path = match[1].trim();
    const body = taken.has(path) ? `-- (${path} stands above)` : readFileSync(join(folder, path), 'utf8');
    taken.add(path);
    text = text.slice(0, match.index) + body + text.slice(match.index + match[0].length);
  }
  return text;
}

export class Scripts {
  #names = new Map();
  #replaced = new Map();

  /** @param otherFolder holds the sources of the scripts to use instead; a script that is not there stays as it is. */
  constructor(otherFolder) {
    this.otherFolder = otherFolder;
  }

  /** @returns the script that a command calls, if any, and the bytes to send. */
  passing(command) {
    const verb = command.words[0].toString('latin1').toUpperCase();
    if (verb === 'EVALSHA') {
      const sha = command.words[1].toString('latin1');
      const other = this.#replaced.get(sha);
      return { name: this.#names.get(sha), bytes: other ? rewritten(command, 1, other.sha) : command.bytes };
    }
    const textAt = verb === 'EVAL' ? 1 : verb === 'SCRIPT' && command.words.length > 2 ? 2 : 0;
    if (textAt === 0) return { bytes: command.bytes };
    const sha = sha1(command.words[textAt]);
    if (!this.#names.has(sha)) this.#learn(sha, command.words[textAt].toString('utf8'));
    const other = this.#replaced.get(sha);
    return { name: verb === 'EVAL' ? this.#names.get(sha) : undefined, bytes: other ? rewritten(command, textAt, other.text) : command.bytes };
  }

  // The first line of each script says its name. Its text passes as EVAL before the first EVALSHA that works, through whichever instance.
  #learn(sha, text) {
    const name = /^-- (\w+)\.lua:/.exec(text)?.[1];
    if (!name) return;
    this.#names.set(sha, name);
    if (!this.otherFolder || !existsSync(join(this.otherFolder, `${name}.lua`))) return;
    const other = assemble(this.otherFolder, name);
    if (sha1(other) !== sha) this.#replaced.set(sha, { sha: sha1(other), text: other });
  }
}

function rewritten(command, at, word) {
  return encodeCommand(command.words.map((old, index) => (index === at ? word : old)));
}
