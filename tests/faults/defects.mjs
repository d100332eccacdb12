// Defects that the harness has to see: what a change of the service could get wrong without any test of a happy path
// noticing. Each is a few edits of the sources, made in a copy; an edit whose text is not found fails `faults.selftest`.
// `only`: with these faults alone, because it needs many of them. `profile`, `seconds`: of the run, where they are not
// those of all (a broker takes seconds to come back).
// `seen` names the invariants of which at least one has to break. `suite`: no client can see it, the tests of that suite must.

const settle = 'service/redis/scripts/settle.lua';
const fire = 'service/redis/scripts/fire.lua';
const claiming = 'service/redis/scripts/lib/claiming.lua';
const settling = 'service/redis/scripts/lib/settling.lua';
const retry = 'service/redis/scripts/lib/settle_retry.lua';
const burial = 'service/redis/scripts/lib/settle_burial.lua';
const breaker = 'service/redis/scripts/lib/breaker.lua';
const message = 'service/redis/scripts/lib/message.lua';
const remove = 'service/redis/scripts/endpoint_remove.lua';
const fan = 'service/redis/scripts/fan.lua';
const clock = 'service/redis/scripts/clock.lua';
const takeover = 'service/redis/scripts/takeover.lua';
const admission = 'service/redis/admission_pipeline.cpp';
const publisher = 'service/rabbit/publisher.cpp';
const mailLock = 'service/redis/scripts/mailbox_lock.lua';
const mailConfirm = 'service/redis/scripts/mailbox_confirm.lua';
const mailLocksEnd = 'service/redis/scripts/mailbox_locks_end.lua';

export const defects = {
  // A message is lost with the broker that had not stored it, or its lane goes on before that is known and it comes behind its successor.
  'delivered before the broker confirms': {
    seen: ['I1', 'I6'], profile: 'brokers', seconds: '60', only: 'broker:kill,point:published:broker,point:broker-confirming:broker',
    edits: [[publisher, '    confirms_.add(delivery);\n', '    confirms_.add(delivery);\n    ending_(delivery, confirmed());\n']],
  },
  'acknowledge before commit': {
    seen: ['I1', 'I5'],
    edits: [
      [admission, '  std::size_t at = 0;\n', '  std::size_t at = 0;\n  static std::uint64_t guessed = 0;\n'],
      [admission, '      if (!request.failed) request.done.set_value(admitted.error());\n      request.failed = true;\n      continue;\n',
        '      for (std::size_t i = 0; i < slice.count; ++i) request.receipt.sequences.push_back(++guessed);\n'
        + '      request.receipt.accepted += static_cast<std::uint32_t>(slice.count);\n'
        + '      if (request.committed == request.events.size()) request.done.set_value(std::move(request.receipt));\n      continue;\n'],
      [admission, 'request.receipt.sequences.push_back(static_cast<std::uint64_t>(std::abs(sequence)));',
        'request.receipt.sequences.push_back(guessed = static_cast<std::uint64_t>(std::abs(sequence)));'],
    ],
  },
  'settle without token': {
    seen: ['I1', 'I4', 'I6', 'I8'],
    edits: [[settle, 'if packed and isLeased(packed) and tokenOf(packed) == token then', 'if packed then']],
  },
  'swallow a change during flight': {
    seen: ['I1'],
    edits: [[fire, '    values[#values + 1], values[#values + 2] = field, packed\n',
      '    if beneath[i] then superseded = superseded + 1 else values[#values + 1], values[#values + 2] = field, packed end\n']],
  },
  'drop on shutdown': {
    seen: ['I1'], only: 'random:term',
    edits: [['service/dispatch/dispatcher.cpp', '  auto settlement = settlementOf(claim, end, settings_.retry);\n',
      '  auto settlement = settlementOf(claim, end, settings_.retry);\n  if (stopping_) settlement.action = ports::SettleAction::Complete;\n']],
  },
  'skip lease recovery': {
    seen: ['I1'],
    edits: [[claiming, "local expired = redis.call('ZRANGEBYSCORE', e.l, '-inf', text(c.now), 'LIMIT', 0, e.most)", 'local expired = {}']],
  },
  'fan out outside the atomic step': {
    seen: ['I1'],
    edits: [
      ['service/redis/window_store.cpp', '  auto reply = shard_.run("fire", call.keys, call.arguments);\n',
        '  const auto& names = shard_.keys();\n  auto keys = call.keys;\n  const std::string taken = names.windowIndex() + "-taken";\n  const std::string contents = names.windows() + "-taken";\n'
        + '  (void)shard_.call({"RENAME", names.windowIndex(), taken});\n  (void)shard_.call({"RENAME", names.windows(), contents});\n'
        + '  keys[2] = taken;\n  keys[3] = contents;\n'
        + '  auto reply = shard_.run("fire", keys, call.arguments);\n'
        + '  (void)shard_.call({"RENAME", taken, names.windowIndex()});\n  (void)shard_.call({"RENAME", contents, names.windows()});\n'],
    ],
  },
  // The replies of claims name the revision of the registry, so a list is old for milliseconds only.
  'fan out to a list of endpoints that is not checked': {
    suite: 'redis_suite',
    edits: [
      [fire, "if metaFound.rev ~= ARGV[2] then return redis.error_reply('LULLSTALE registry') end\n", ''],
      [fire, '  if not e.state or e.state.damaged then return end\n',
        "  if not e.state then e.state = {pausedTotal = 0, paused = 'gone', pausedSince = now, gate = 0, openUntil = 0, sweep = 0, ramp = 0} end\n"],
    ],
  },
  'a claim that ignores the breaker when firing': {
    suite: 'redis_suite',
    edits: [[fire, ' and state.openUntil == 0 and state.sweep == 0', ' and state.sweep == 0']],
  },
  'count an attempt on release': {
    suite: 'redis_suite',
    edits: [[settling, '  m.attempts = math.max(m.attempts - 1, 0)\n  if has(m, ATTEMPTED_BEFORE)', '  if has(m, ATTEMPTED_BEFORE)']],
  },
  'invent a sequence': {
    seen: ['I5'],
    edits: [[fire, 'flags, w.upto, w.upto, w.events', 'flags, w.upto, w.upto + 1, w.events']],
  },
  'keep the id when content grew': {
    seen: ['I4'],
    edits: [[message, '    m.idSeq = m.upto\n', '']],
  },
  'evict dead letters at the cap': {
    seen: ['I1'],
    settings: { 'DeadLetters:MaxPerEndpoint': '4' },
    edits: [[burial, "    pause(e, 'dead-letters-full', fullNotice(rules.mostLetters), rules)\n    backToWaiting(e, key, m, rules.now, rules)\n    return\n",
      "    local oldest = redis.call('ZRANGE', e.z, 0, 0)[1]\n    removeLetter({counters = KEYS[2], all = rules.allLetters, groups = rules.groups, own = e.z, letters = e.d}, e.id, oldest, "
      + "readLetter(redis.call('HGET', e.d, oldest)), 'evicted')\n"]],
  },
  // A frozen process is held back by its sign of life and by the age of its claims; this is for a time-out that has grown.
  'outlive the lease': {
    suite: 'unit_dispatch',
    edits: [['service/dispatch/dispatcher.cpp', 'const bool late = age + timeout >= claim.lease || age >= kMostClaimAge;', 'const bool late = age >= kMostClaimAge;']],
  },
  'take over the lease of a living process': {
    seen: ['I4', 'I6'],
    edits: [[clock, '  elseif left <= 0 then\n    gone', '  elseif left <= ttl then\n    gone'],
      [takeover, 'tonumber(sign) > now or ', '']],
  },
  'spend an attempt on a park': {
    seen: ['R'],
    edits: [[retry, 'm.losses, m.attempts = 0, math.max(m.attempts - 1, 0)', 'm.losses = 0']],
  },
  'send a burst after a park': {
    seen: ['R'],
    edits: [[retry, "  change(e, 'ramp', 1)\n", '']],
  },
  'count what is rejected for the breaker': {
    seen: ['R'],
    edits: [[breaker, '  if bit.band(flags, LIVES) ~= 0 then return lives(e, rules) end\n', '']],
  },
  'bury the neighbours of a poison message': {
    suite: 'redis_suite',
    edits: [[claiming, 'alone and losses >= POISON_LOSSES', 'losses >= POISON_LOSSES']],
  },
  'pop the stream before its messages are stored': {
    seen: ['I1'],
    edits: [['service/redis/stream_store.cpp', '  auto reply = shard_.run("fan", keys, arguments);\n',
      '  const std::string taken = names.stream() + "-taken";\n  (void)shard_.call({"RENAME", names.stream(), taken});\n  keys[2] = taken;\n'
      + '  auto reply = shard_.run("fan", keys, arguments);\n  (void)shard_.call({"RENAME", taken, names.stream()});\n']],
  },
  'promote the successor of a head that fails': {
    seen: ['I6'], seconds: '40',
    edits: [[retry, "  if e.state.lanes == ENDPOINT then change(e, 'attemptedAt', rules.now) end\n",
      "  if e.state.lanes == ENDPOINT then change(e, 'attemptedAt', rules.now) end\n  if e.state.lanes > 0 then e.left[#e.left + 1] = key end\n"]],
  },
  'acknowledge a deletion that is not made': {
    seen: ['I1', 'I5'],
    edits: [[remove, "redis.call('HDEL', KEYS[2], ARGV[1])\n", "do return 0 end\nredis.call('HDEL', KEYS[2], ARGV[1])\n"]],
  },
  'hand out what is older than the registration': {
    seen: ['I5'],
    edits: [[fan, 'found and isWhole(found) and tonumber(found) or 0', '0']],
  },
  'confirm with a lock that has run out': {
    seen: ['M'],
    edits: [[mailConfirm, "if not expiry or timeOf(expiry) <= now or not isLeased(packed) or text(tokenOf(packed)) ~= token then return -3 end\n", '']],
  },
  'confirm without removing': {
    seen: ['M'],
    edits: [[mailConfirm, 'dropMail(e, key, packed)\n', '']],
  },
  'lock what is locked': {
    seen: ['M'],
    edits: [[mailLock, 'if expiry then return {timeOf(expiry) > now and -3 or -5} end\n', '']],
  },
  'end a lock before its time': {
    seen: ['M'],
    edits: [[mailLock, 'leaseScore(now + duration, 0)', 'leaseScore(now + duration / 4, 0)'], [mailLock, "'LT', text(now + duration)", "'LT', text(now + duration / 4)"]],
  },
  'drop a message whose lock runs out': {
    seen: ['M'],
    edits: [[mailLocksEnd, 'unlockMail(e, key, packed, true)', 'dropMail(e, key, packed)']],
  },
};
