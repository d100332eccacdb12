// What can be damaged and how. Each kind gets `at`: `redis` (a RedisClient), `key(name)`, and the ids of the victims: `waiting` (its
// messages wait for a retry), `leased` (its receiver hangs: leases and successors), `dead` (it has dead letters), `lane` (it has one lane,
// whose head fails), `aside` (its receiver set all messages of its lane aside).
// `late`: the service goes by what it read before, until it reads again: at its next start.
// `quiet`: nothing of it is unreadable, so no alert is due: it is put back, or begun anew, without a word.
import { randomBytes } from 'node:crypto';

const ways = {
  random: () => randomBytes(200),
  truncated: (value) => value.subarray(0, Math.floor(value.length / 2)),
  empty: () => Buffer.alloc(0),
};

/** Replaces a value of a hash; all that match, so that the damage is met. */
async function spoil(at, key, way, wanted = () => true) {
  const fields = await at.redis.call('HGETALL', key);
  let spoilt = 0;
  for (let i = 0; i < fields.length; i += 2) {
    if (!wanted(fields[i].toString('latin1'), at)) continue;
    if (way === 'missing') await at.redis.call('HDEL', key, fields[i]);
    else await at.redis.call('HSET', key, fields[i], ways[way](fields[i + 1]));
    spoilt += 1;
  }
  if (spoilt === 0) throw new Error(`nothing to damage in ${key}`);
}

const own = (letter, victim) => (at) => at.key(`${letter}:${at[victim]}`);
const isSuccessor = (field) => field.startsWith('+');

const values = (name, key, options = {}, list = ['random', 'truncated', 'empty']) => list.map((way) => ({
  name: `${name}: ${way}`, damage: (at) => spoil(at, key(at), way, options.wanted), ...options.more,
}));
const wrongType = (name, key, more = {}) => ({
  name: `${name}: a key of another type`,
  damage: (at) => at.redis.call('SET', key(at), 'no key of ours is a string'),
  ...more,
});
const gone = (name, key, more = {}) => ({ name: `${name}: gone`, damage: (at) => at.redis.call('DEL', key(at)), ...more });
const field = (name, key, which, value, more = {}) => ({
  name: `${name}: ${which} = ${value === undefined ? 'random bytes' : JSON.stringify(value)}`,
  damage: (at) => at.redis.call('HSET', key(at), which, value ?? randomBytes(40)),
  ...more,
});
const scores = (name, key, value, more = {}) => ({
  name: `${name}: score ${value}`,
  damage: async (at) => {
    const members = await at.redis.call('ZRANGE', key(at), '0', '-1');
    if (members.length === 0) throw new Error(`nothing to damage in ${key(at)}`);
    for (const member of members) await at.redis.call('ZADD', key(at), value, member);
  },
  ...more,
});

/** What a list gets in front of everything that comes. */
const pushed = (name, key, value) => ({
  name: `${name}: ${value === undefined ? 'random' : 'empty'}`,
  damage: (at) => at.redis.call('LPUSH', key(at), value ?? randomBytes(60)),
});

const quiet = { quiet: true };
const shared = (name) => (at) => at.key(name);
const windows = { more: { windows: true } };

export const kinds = [
  ...values('waiting message', own('m', 'waiting'), {}, ['random', 'truncated', 'empty', 'missing']),
  ...values('leased message', own('m', 'leased'), { wanted: (name) => !isSuccessor(name) }, ['random', 'truncated', 'missing']),
  ...values('successor', own('m', 'leased'), { wanted: isSuccessor }, ['random', 'empty']),
  gone('messages', own('m', 'waiting')),
  wrongType('messages', own('m', 'waiting')),
  { name: 'queue: a member that is no key', damage: (at) => at.redis.call('ZADD', own('q', 'waiting')(at), '1', randomBytes(20)) },
  scores('queue', own('q', 'waiting'), '-inf', quiet),
  scores('queue', own('q', 'waiting'), '+inf', quiet),
  gone('queue', own('q', 'waiting'), quiet),
  wrongType('queue', own('q', 'waiting')),
  gone('leases', own('l', 'leased'), quiet),
  scores('leases', own('l', 'leased'), '+inf', quiet),
  wrongType('leases', own('l', 'leased')),
  ...values('message in a lane', own('m', 'lane'), {}, ['random', 'truncated', 'empty', 'missing']),
  ...values('message set aside', own('m', 'aside'), {}, ['random', 'truncated', 'empty', 'missing']),
  wrongType('messages in a lane', own('m', 'lane')),
  gone('behind a head', own('b', 'lane'), quiet),
  scores('behind a head', own('b', 'lane'), '-inf', quiet),
  { name: 'behind a head: a member that is no key', damage: (at) => at.redis.call('ZADD', own('b', 'lane')(at), '0', randomBytes(20)) },
  wrongType('behind a head', own('b', 'lane')),
  gone('heads', own('h', 'lane'), quiet),
  field('heads', own('h', 'lane'), '', undefined, quiet),
  field('heads', own('h', 'lane'), '!no key', undefined, quiet),
  wrongType('heads', own('h', 'lane')),
  gone('set aside by the receiver', own('x', 'aside'), quiet),
  scores('set aside by the receiver', own('x', 'aside'), '-inf', quiet),
  scores('set aside by the receiver', own('x', 'aside'), '+inf', quiet),
  { name: 'set aside by the receiver: a member that is no key', damage: (at) => at.redis.call('ZADD', own('x', 'aside')(at), '1', randomBytes(20)) },
  wrongType('set aside by the receiver', own('x', 'aside')),
  pushed('event of the stream', shared('stream')),
  pushed('event of the stream', shared('stream'), ''),
  wrongType('stream', shared('stream')),
  ...values('window', shared('window'), windows, ['random', 'truncated', 'empty', 'missing']),
  scores('windows', shared('windows'), '-inf', { windows: true, quiet: true }),
  scores('windows', shared('windows'), '+inf', { windows: true, quiet: true }),
  gone('windows', shared('windows'), { windows: true, quiet: true }),
  wrongType('windows', shared('windows'), { windows: true }),
  wrongType('window contents', shared('window'), { windows: true }),
  wrongType('what changed', shared('changes')),
  wrongType('index of changes', shared('changed')),
  { ...pushed('what changed', shared('changes')), quiet: true },
  field('meta', shared('meta'), 'changedFrom', undefined, quiet),
  ...values('registration', shared('endpoints'), { wanted: (name, at) => name === at.waiting, more: { late: true } }, ['random', 'truncated', 'empty']),
  gone('state', own('s', 'waiting')),
  field('state', own('s', 'waiting'), 'mask'),
  field('state', own('s', 'waiting'), 'gate', 'soon'),
  field('state', own('s', 'waiting'), 'openUntil', '-inf'),
  field('state', own('s', 'waiting'), 'version', 'abc'),
  field('state', own('s', 'waiting'), 'success', undefined, quiet),
  wrongType('state', own('s', 'waiting')),
  gone('state of a lane', own('s', 'lane')),
  ...['lanes', 'stop', 'bytes', 'attemptedAt'].map((name) => field('state of a lane', own('s', 'lane'), name)),
  ...['missed', 'blocked', 'since:2'].map((name) => field('state of a lane', own('s', 'lane'), name, undefined, quiet)),
  ...values('dead letter', own('d', 'dead'), {}, ['random', 'truncated', 'empty', 'missing']),
  wrongType('dead letters', own('d', 'dead')),
  wrongType('their order', own('z', 'dead'), quiet),
  wrongType('all dead letters', shared('dead')),
  ...values('history', own('t', 'waiting'), {}, ['random', 'truncated']),
  wrongType('history', own('t', 'waiting')),
  { name: 'attempt: random', damage: (at) => at.redis.call('LSET', own('a', 'waiting')(at), '0', randomBytes(50)) },
  wrongType('attempts', own('a', 'waiting')),
  ...['seq', 'rev', 'token', 'letter', 'schema', 'lastFire', 'epoch'].map((name) => field('meta', shared('meta'), name)),
  field('meta', shared('meta'), 'seq', 'abc'),
  field('meta', shared('meta'), 'lastFire', '9000000000000000', quiet),
  ...['lastFan', 'fanAt', 'every'].map((name) => field('meta', shared('meta'), name, undefined, quiet)),
  gone('meta', shared('meta'), quiet),
  wrongType('meta', shared('meta')),
  field('counters', shared('counters'), 'created', undefined, quiet),
  gone('counters', shared('counters'), quiet),
  wrongType('counters', shared('counters')),
  scores('wake-up index', shared('wake'), '-inf', quiet),
  scores('wake-up index', shared('wake'), '+inf', quiet),
  gone('wake-up index', shared('wake'), quiet),
  wrongType('wake-up index', shared('wake')),
  gone('signs of life', shared('signs'), quiet),
  scores('signs of life', shared('signs'), '-inf', quiet),
  scores('signs of life', shared('signs'), '+inf', quiet),
  { name: 'signs of life: a member that is no sign', damage: (at) => at.redis.call('ZADD', at.key('signs'), '1', randomBytes(20)), ...quiet },
  wrongType('signs of life', shared('signs')),
  ...['signSlot', 'signHeld', 'signRun'].map((name) => field('meta', shared('meta'), name, undefined, quiet)),
  wrongType('sources', shared('sources')),
  gone('sources', shared('sources'), quiet),
  ...['lease', 'asked', 'state', 'ran', 'error', 'admitted', 'failures', 'oldest'].map((name) => field('source', shared('sources'), `crm|${name}`, undefined, quiet)),
  field('source', shared('sources'), 'crm|lease', '9000000000000000|nobody', quiet),
  wrongType('alerts', shared('alerts')),
  wrongType('what was set aside', shared('aside'), quiet),
];
