-- burial.lua: makes a dead letter of a message. `e` has its id and the keys d, z; `rules` has now, mostLetters, groups, allLetters, jobs and
-- retried (keys), counters (a table: deadLettered) and what notice() needs. `op` says reason, code, class and error of the letter, and perhaps
-- `why`: a phrase for people, instead of the one for its reason. Includes lib/letter.lua, lib/retried.lua and lib/notices.lua before.

-- Whether the endpoint may have one more letter. `before` is the packed letter that the key has already, or false.
local function hasRoom(e, before, rules) return before or redis.call('HLEN', e.d) < rules.mostLetters end

-- `m` is the message as it was read, `packed` as it is stored. `tell(kind, sentence)` raises an alert.
local function makeLetter(e, key, packed, m, before, history, op, rules, tell)
  clear(m, LEASED)
  if m.origin ~= '' then noteFailedAgain(rules.jobs, rules.retried, e.id, bitIn(key, packed), m.origin, rules.now) end
  m.origin = ''
  local death, old = redis.call('HINCRBY', KEYS[1], 'letter', 1), before and readLetter(before)
  local d = {number = old and old.number or death, death = death, reason = op.reason, status = op.code, class = op.class,
    deadAt = rules.now, supersededAt = 0, error = op.error, message = packMessage(m), history = history}
  if old then redis.call('ZREM', rules.groups, groupMember(e.id, key, old)) end
  redis.call('ZADD', rules.groups, 0, groupMember(e.id, key, d))
  redis.call('HSET', e.d, key, packLetter(d))
  if not e.hasLetters then tell('first-letter', letterNotice(op.reason, op.why and '' or op.error, op.why)) end
  redis.call('ZADD', e.z, text(rules.now), key)
  redis.call('ZADD', rules.allLetters, text(rules.now), letterMember(e.id, key))
  e.hasLetters = true
  rules.counters.deadLettered = rules.counters.deadLettered + 1
end
