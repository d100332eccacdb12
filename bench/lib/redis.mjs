import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';

import { AppendOnlyFiles } from './append_only.mjs';
import { Child, until } from './child.mjs';

/** A redis-server of one contestant, on a unix socket, with the durability under test. */
export class RedisServer {
  #appendOnly;

  constructor(workDir, { fsync = 'everysec' } = {}) {
    this.directory = mkdtempSync(path.join(workDir, 'redis-'));
    this.socket = path.join(this.directory, 'redis.sock');
    const args = ['--port', '0', '--unixsocket', this.socket, '--dir', this.directory, '--save', ''];
    args.push('--appendonly', 'yes', '--appendfsync', fsync, '--maxmemory-policy', 'noeviction');
    this.child = new Child('redis-server', 'redis-server', args, { log: path.join(this.directory, 'log') });
  }

  async ready() {
    await until('redis-server answers', async () => {
      this.child.assertAlive();
      return this.command('PING').catch(() => false);
    });
    this.#appendOnly = new AppendOnlyFiles(path.join(this.directory, 'appendonlydir'));
  }

  /** One command on a connection of its own; the reply must be a simple or a bulk string. Used outside of hot paths. */
  command(...words) {
    return new Promise((resolve, reject) => {
      const socket = connect(this.socket);
      let text = '';
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        const reply = parseReply(text);
        if (reply !== undefined) {
          socket.destroy();
          reply instanceof Error ? reject(reply) : resolve(reply);
        }
      });
      socket.write(encodeCommand(words));
    });
  }

  async info() {
    const values = {};
    for (const line of (await this.command('INFO', 'everything')).split('\r\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) {
        values[line.slice(0, colon)] = line.slice(colon + 1);
      }
    }
    const calls = Object.entries(values)
      .filter(([name]) => name.startsWith('cmdstat_') && !OUR_COMMANDS.has(name))
      .map(([name, stats]) => [name.slice('cmdstat_'.length), Number(/calls=(\d+)/.exec(stats)[1])]);
    return {
      cpuSeconds: Number(values.used_cpu_user) + Number(values.used_cpu_sys),
      usedMemory: Number(values.used_memory),
      socketReads: Number(values.total_reads_processed),
      socketWrites: Number(values.total_writes_processed),
      // What is in the files and what Redis has yet to write to them: exact but for what it writes between the two looks.
      appendOnlyBytes: this.#appendOnly.bytes() + Number(values.aof_buffer_length),
      calls: Object.fromEntries(calls),
      version: values.redis_version,
    };
  }

  async stop() {
    this.#appendOnly?.close();
    await this.child.stop();
  }
}

const OUR_COMMANDS = new Set(['cmdstat_info', 'cmdstat_ping']);

export function encodeCommand(words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('')}`;
}

function parseReply(text) {
  const end = text.indexOf('\r\n');
  if (end < 0) {
    return undefined;
  }
  const line = text.slice(1, end);
  switch (text[0]) {
    case '-':
      return new Error(line);
    case '$': {
      const length = Number(line);
      const body = text.slice(end + 2, end + 2 + length);
      return text.length >= end + 2 + length + 2 ? body : undefined;
    }
    default:
      return line;
  }
}
