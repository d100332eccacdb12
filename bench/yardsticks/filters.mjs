// What filters cost in Redis: microseconds per event or notification of the functions that the scripts call, on a redis-server of its own.
// Run it with `node bench/yardsticks/filters.mjs`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RedisServer } from '../lib/redis.mjs';

const library = readFileSync(new URL('../../service/redis/scripts/lib/facts.lua', import.meta.url), 'utf8');
const rounds = 200_000;

// An event that changed three fields, and the filter of an endpoint that lists four fields, two scopes and two types.
const prelude = `${library}
local alone = '\\2\\255tAssetMetadataUpdated\\255sAA\\255ftitle\\255fstatus\\255fdeadline\\255'
local other = '\\2\\255tAssetMetadataUpdated\\255sAA\\255fnote\\255fstatus\\255'
local payload = '\\3' .. struct.pack('>I4', #alone) .. alone .. '\\0\\2n1\\0\\0\\0\\0'
local filter = '\\0\\255tAssetMetadataUpdated\\255tAssetCreated\\255sBB\\255sAA\\255fa\\255fb\\255fpublicationDate\\255ftitle\\255'
local state = {filter = filter}
local f = facts()
`;
const rows = {
  'an event of a stream is judged': 'f.wants(state, f.of(payload))',
  'a window is judged': 'f.wants(state, alone)',
  'an event opens a window': 'f.bounded(f.of(payload))',
  'an event joins a window, the same facts': 'f.joined(alone, f.of(payload))',
  'an event joins a window, other facts': 'f.joined(other, f.of(payload))',
  'a filter is read, once a call and endpoint': 'f.wants({filter = filter}, alone)',
};

const directory = mkdtempSync(path.join(os.tmpdir(), 'lull-yardstick-'));
const redis = new RedisServer(directory);
try {
  await redis.ready();
  const cpuOf = async () => (await redis.info()).cpuSeconds;
  const timed = async (body) => {
    const before = await cpuOf();
    await redis.command('EVAL', `${prelude}\nfor _ = 1, ${rounds} do ${body && `local _ = ${body}`} end return ''`, '0');
    return (await cpuOf() - before) * 1e6 / rounds;
  };
  const empty = await timed('');
  for (const [name, body] of Object.entries(rows)) console.log(`${name.padEnd(44)} ${((await timed(body)) - empty).toFixed(2)} µs`);
} finally {
  await redis.stop();
  rmSync(directory, { recursive: true, force: true });
}
