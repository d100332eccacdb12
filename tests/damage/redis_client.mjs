// A connection to Redis that keeps every byte: what the damage suite writes is no text.
import { createConnection } from 'node:net';
import { encodeCommand, ReplyReader } from '../faults/lib/resp.mjs';

export class RedisClient {
  #socket;
  #reader = new ReplyReader();
  #waiting = [];

  constructor(port) {
    this.#socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (chunk) => {
      for (const reply of this.#reader.push(chunk)) this.#waiting.shift().resolve(parse(reply).value);
    });
    const lost = (error) => { for (const { reject } of this.#waiting.splice(0)) reject(error ?? new Error('Redis hung up')); };
    this.#socket.on('error', lost).on('close', () => lost());
  }

  /** Strings come as Buffers, a nil as null; an error reply is thrown. */
  async call(...words) {
    const reply = await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(encodeCommand(words));
    });
    if (reply instanceof Error) throw reply;
    return reply;
  }

  close() { this.#socket.destroy(); }
}

function parse(bytes, at = 0) {
  const end = bytes.indexOf('\r\n', at);
  const text = bytes.toString('latin1', at + 1, end);
  const next = end + 2;
  switch (String.fromCharCode(bytes[at])) {
    case '+': return { value: text, next };
    case '-': return { value: new Error(text), next };
    case ':': return { value: Number(text), next };
    case '$': {
      if (text === '-1') return { value: null, next };
      return { value: bytes.subarray(next, next + Number(text)), next: next + Number(text) + 2 };
    }
    default: {
      const items = [];
      let from = next;
      for (let left = Number(text); left > 0; left -= 1) {
        const item = parse(bytes, from);
        items.push(item.value);
        from = item.next;
      }
      return { value: text === '-1' ? null : items, next: from };
    }
  }
}
