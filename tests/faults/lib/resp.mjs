// As much of Redis's protocol as the harness needs: commands apart, replies counted, both as they come in pieces.

/** Splits a stream of commands (arrays of bulk strings). @returns {{words: Buffer[], bytes: Buffer}[]} */
export class CommandReader {
  #rest = Buffer.alloc(0);

  push(chunk) {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const commands = [];
    for (let read; (read = readCommand(this.#rest)); ) {
      commands.push(read);
      this.#rest = this.#rest.subarray(read.bytes.length);
    }
    return commands;
  }
}

function readCommand(buffer) {
  const head = lineAt(buffer, 0);
  if (!head) return undefined;
  const words = [];
  let at = head.end;
  for (let left = Number(head.text.slice(1)); left > 0; left -= 1) {
    const size = lineAt(buffer, at);
    if (!size) return undefined;
    const length = Number(size.text.slice(1));
    if (buffer.length < size.end + length + 2) return undefined;
    words.push(buffer.subarray(size.end, size.end + length));
    at = size.end + length + 2;
  }
  return { words, bytes: buffer.subarray(0, at) };
}

export function encodeCommand(words) {
  const parts = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}

/** Splits a stream of replies, nested ones whole. */
export class ReplyReader {
  #rest = Buffer.alloc(0);

  /** @returns {Buffer[]} the replies that are complete now. */
  push(chunk) {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const replies = [];
    for (let end; this.#rest.length > 0 && (end = replyEnd(this.#rest, 0)) !== undefined; ) {
      replies.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
    }
    return replies;
  }
}

function replyEnd(buffer, from) {
  const head = lineAt(buffer, from);
  if (!head) return undefined;
  const kind = head.text[0];
  if (kind !== '$' && kind !== '*') return head.end;
  const count = Number(head.text.slice(1));
  if (count < 0) return head.end;
  if (kind === '$') return buffer.length >= head.end + count + 2 ? head.end + count + 2 : undefined;
  let at = head.end;
  for (let i = 0; i < count; i += 1) {
    at = replyEnd(buffer, at);
    if (at === undefined) return undefined;
  }
  return at;
}

function lineAt(buffer, from) {
  const end = buffer.indexOf('\r\n', from);
  return end < 0 ? undefined : { text: buffer.toString('latin1', from, end), end: end + 2 };
}
