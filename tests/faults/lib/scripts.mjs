// Knows the Lua scripts of the service by the SHA-1 under which they are called, and can put others in their place as they
// pass the proxy: that is how defects and mutants of the scripts are tried without building anything.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

  /** @param folder the sources; `otherFolder` holds the scripts to use instead, all of them or none. */
  constructor(folder, otherFolder) {
    for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.lua'))) {
      const name = file.slice(0, -4);
      const sha = sha1(assemble(folder, name));
      this.#names.set(sha, name);
      if (!otherFolder || !existsSync(join(otherFolder, file))) continue;
      const text = assemble(otherFolder, name);
      if (sha1(text) !== sha) this.#replaced.set(sha, { sha: sha1(text), text });
    }
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
    const other = this.#replaced.get(sha);
    return { name: verb === 'EVAL' ? this.#names.get(sha) : undefined, bytes: other ? rewritten(command, textAt, other.text) : command.bytes };
  }
}

function rewritten(command, at, word) {
  return encodeCommand(command.words.map((old, index) => (index === at ? word : old)));
}
