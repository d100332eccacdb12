import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { encodeCommand, RedisServer } from '../redis.mjs';

/** A script with its `--@include` lines replaced, each file once (as service/cmake/embed_scripts.cmake does). */
function scriptText(folder, name) {
  const taken = new Set();
  const expand = (file) =>
    readFileSync(path.join(folder, file), 'utf8').replace(/^--@include +(\S+)$/gm, (_line, included) => {
      if (taken.has(included)) {
        return '';
      }
      taken.add(included);
      return expand(included);
    });
  return expand(name);
}

/** The packed payload of an event, as service/redis/message_codec.cpp writes it; opaque to the script. */
const PAYLOAD = '\x02\x00\x03n12\x00\x0cAssetCreated\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00';

/** KEYS and ARGV of service/redis/scripts/admit.lua for `batch` events of distinct items. */
function admitCall(sha, first, batch) {
  const key = (name) => `{lull:00}:${name}`;
  const keys = ['meta', 'counters', 'windows', 'window', 'ids', 'idsby', 'stream', 'part:bench'].map(key);
  const words = ['EVALSHA', sha, keys.length, ...keys];
  words.push(Date.now(), 3_600_000, 21_600_000, 86_400_000, batch, '', '');
  for (let item = first; item < first + batch; ++item) {
    words.push(`1n${item}`, '', '', PAYLOAD, '');
  }
  return encodeCommand(words);
}

/** The limit that Redis sets: the admit script in batches, pipelined without waiting for replies. */
function admit(batch, fsync) {
  return async (context) => {
    const folder = path.join(context.options.root, 'service/redis/scripts');
    if (!existsSync(path.join(folder, 'admit.lua'))) {
      throw new Error(`there is no ${folder}/admit.lua`);
    }
    const redis = new RedisServer(context.workDir, { fsync });
    context.onCleanup(() => redis.stop());
    await redis.ready();
    await redis.command('HSET', '{lull:00}:meta', 'schema', 3, 'every', 0);
    const sha = await redis.command('SCRIPT', 'LOAD', scriptText(folder, 'admit.lua'));
    const events = context.pick(50_000, 500_000);
    const file = path.join(context.workDir, 'commands');
    const out = createWriteStream(file);
    for (let item = 1; item <= events; item += batch) {
      if (!out.write(admitCall(sha, item, batch))) {
        await once(out, 'drain');
      }
    }
    out.end();
    await once(out, 'close');
    const before = await redis.info();
    const started = performance.now();
    await pipe(redis.socket, file, events / batch);
    const seconds = (performance.now() - started) / 1000;
    const after = await redis.info();
    return {
      'events/s': events / seconds,
      'Redis CPU s / 10k events': ((after.cpuSeconds - before.cpuSeconds) / events) * 1e4,
      'Redis bytes / pending window': (after.usedMemory - before.usedMemory) / events,
    };
  };
}

async function pipe(socket, file, replies) {
  const child = spawn('sh', ['-c', 'redis-cli -s "$0" --pipe <"$1"', socket, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  await once(child, 'close');
  if (!output.includes(`errors: 0, replies: ${replies}`)) {
    throw new Error(`redis-cli --pipe: ${output.trim().slice(-300)}`);
  }
}

export const cases = [
  {
    name: 'scripts-admit',
    title: 'The admit script alone, fed by redis-cli --pipe',
    contestants: {
      'batches of 1 everysec': admit(1, 'everysec'),
      'batches of 100 everysec': admit(100, 'everysec'),
      'batches of 100 always': admit(100, 'always'),
    },
  },
];
