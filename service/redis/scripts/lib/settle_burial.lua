-- settle_burial.lua: the action of settle.lua that makes a message a dead letter.

-- An endpoint that has as many dead letters as it may have keeps them all: it is paused, and the message waits.
local function bury(e, key, packed, op, rules)
  local m = readMessage(packed)
  if m.firstFailed == 0 then m.firstFailed = rules.now end
  if op.attempt ~= '' then
    remember(e, key, op.attempt)
    judge(e, op.flags, op.error, rules)
  else
    undoClaim(m)
  end
  if e.state.stop == 1 and wanted(e.state, key, packed) then return block(e, key, m, op, rules) end
  local before = redis.call('HGET', e.d, key)
  if not before and redis.call('HLEN', e.d) >= rules.mostLetters then
    pause(e, 'dead-letters-full', fullNotice(rules.mostLetters), rules)
    backToWaiting(e, key, m, rules.now, rules)
    return
  end
  clear(m, LEASED)
  local history = redis.call('HGET', e.t, key) or ''
  if op.attempt == '' then op.code, op.class, op.error = epitaph(op.reason, history) end
  if m.origin ~= '' then noteFailedAgain(rules.jobs, rules.retried, e.id, bitIn(key, packed), m.origin, rules.now) end
  m.origin = ''
  local death, old = redis.call('HINCRBY', KEYS[1], 'letter', 1), before and readLetter(before)
  local d = {number = old and old.number or death, death = death, reason = op.reason, status = op.code, class = op.class,
    deadAt = rules.now, supersededAt = 0, error = op.error, message = packMessage(m), history = history}
  if old then redis.call('ZREM', rules.groups, groupMember(e.id, key, old)) end
  redis.call('ZADD', rules.groups, 0, groupMember(e.id, key, d))
  redis.call('HSET', e.d, key, packLetter(d))
  if not e.hasLetters then notice(e, rules, 'first-letter', letterNotice(op.reason, op.error)) end
  redis.call('ZADD', e.z, text(rules.now), key)
  redis.call('ZADD', rules.allLetters, text(rules.now), letterMember(e.id, key))
  e.hasLetters = true
  rules.counters.deadLettered = rules.counters.deadLettered + 1
  redis.call('HDEL', e.t, key)
  promoteSuccessor(e, key, rules)
end
