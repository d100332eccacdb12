-- claim.lua: leases messages that may be sent now; takes over expired leases.
-- KEYS  1 meta (hash)  2 counters (hash)  3 wake-up index (zset)
--       then per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), history t (hash)
-- ARGV  1 now ms  2 most claims of this call  3 MaxAge ms  4 probe step: the breaker's probe re-opens for this long, ms
--       5 first retry delay ms  6 most endpoints to name as ready
--       then per endpoint: id, limit of leased messages, most of this call, lease ms
-- Reply {registry revision, next wake-up ms (-1: none), taken over, number of claims, then per claim: place of its endpoint in the
--        call (from 1), key, packed message, flags (1 probe, 2 expired by MaxAge, 4 poisoned); then the ids of ready endpoints}
-- Claiming counts the attempt and gives a new token. A lease that ran out ends here: its successor is absorbed, and the message
-- is claimed anew. An open breaker lets one message through, the oldest due one. After the breaker closed, waiting messages are made
-- due from the latest down, 100 a visit (`sweep`).
-- A message is poisoned when it lost three leases in a row, the last while alone in its process.
-- O(endpoints + claims · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
local POISON_LOSSES = 3
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset'})
if wrong then return wrong end
local now, most, maxAge, firstRetry = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local probeStep, mostReady = tonumber(ARGV[4]), tonumber(ARGV[6])
local endpoints = (#ARGV - 6) / 4
if not (now and most and maxAge and probeStep and firstRetry and mostReady) or endpoints ~= (#KEYS - 3) / 5 then
  return redis.error_reply('LULLARG claim')
end
for i = 1, endpoints do
  local k, a = 5 * i - 2, 4 * i + 2
  if not (tonumber(ARGV[a + 2]) and tonumber(ARGV[a + 3]) and tonumber(ARGV[a + 4])) then
    return redis.error_reply('LULLARG claim limits')
  end
  wrong = wrongType({KEYS[k + 1], 'zset', KEYS[k + 2], 'hash', KEYS[k + 3], 'zset', KEYS[k + 4], 'hash', KEYS[k + 5], 'hash'})
  if wrong then return wrong end
end

local reply, claims, takenOver = {0, -1, 0, 0}, 0, 0
local counters = {superseded = 0, cancelled = 0}
redis.call('HDEL', KEYS[1], '')

local function makeDue(e)
  local moved = redis.call('ZREVRANGEBYSCORE', e.q, text(e.state.sweep), '(' .. text(now), 'WITHSCORES', 'LIMIT', 0, 100)
  for i = 1, #moved, 2 do
    redis.call('ZADD', e.q, text(now), moved[i])
    e.state.sweep = tonumber(moved[i + 1])
  end
  if #moved < 200 then
    e.state.sweep = 0
    redis.call('HDEL', e.s, 'sweep')
  else
    redis.call('HSET', e.s, 'sweep', text(e.state.sweep))
  end
end

local function absorbSuccessor(e, key, m)
  local packed = redis.call('HGET', e.m, '+' .. key)
  if not packed then return end
  redis.call('HDEL', e.m, '+' .. key)
  mergeWaiting(m, readMessage(packed), now, firstRetry)
  counters.superseded = counters.superseded + 1
end

-- A message whose lease was lost, as if it waited again.
local function lost(e, key, packed)
  local m = readMessage(packed)
  m.losses = math.min(m.losses + 1, 255)
  if has(m, ALONE) then set(m, LOST_ALONE) else clear(m, LOST_ALONE) end
  absorbSuccessor(e, key, m)
  takenOver = takenOver + 1
  return packMessage(m), m.due
end

-- Claims these messages; `dues` is nil when their leases were lost.
local function claim(e, keys, dues, probe)
  if #keys == 0 then return end
  local places, unwanted, found = {}, {}, askAll('HMGET', e.m, keys)
  for i, key in ipairs(keys) do
    if found[i] and subscribes(e.state, key) then places[#places + 1] = i else unwanted[#unwanted + 1] = key end
  end
  local token = #places > 0 and redis.call('HINCRBY', KEYS[1], 'token', #places) - #places
  local expiry, oldest = text(now + e.lease), activeClock(e.state, now) - maxAge
  local leases, values, n = {}, {}, #reply
  for taken, i in ipairs(places) do
    local key, waiting, due = keys[i], found[i], dues and dues[i]
    if not dues then waiting, due = lost(e, key, waiting) end
    local packed, losses, lostAlone, stamp = packLeased(waiting, due, token + taken)
    local flags = probe and 1 or 0
    if stamp < oldest then flags = flags + 2 end
    if lostAlone and losses >= POISON_LOSSES then flags = flags + 4 end
    values[2 * taken - 1], values[2 * taken] = key, packed
    leases[2 * taken - 1], leases[2 * taken] = expiry, key
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = e.place, key, packed, flags
    n = n + 4
  end
  -- What cannot be read has stopped the call by now, and the queue is as it was. The keys are the first of it.
  if dues then redis.call('ZREMRANGEBYRANK', e.q, 0, #keys - 1) end
  for _, key in ipairs(unwanted) do
    counters.cancelled = counters.cancelled + cancelMessage(e.q, e.m, e.l, e.t, key)
  end
  claims = claims + #places
  callAll('ZADD', e.l, leases)
  callAll('HSET', e.m, values)
end

local function visit(e)
  -- No room left in this call: the endpoint keeps its place in the wake-up index, so that it comes first in the next one.
  if claims >= most then return end
  e.state = readState(e.s)
  if not e.state or e.state.paused then
    redis.call('ZREM', KEYS[3], e.id)
    return
  end
  if e.state.sweep > 0 then makeDue(e) end
  local expired = redis.call('ZRANGEBYSCORE', e.l, '-inf', text(now), 'LIMIT', 0, e.most)
  local live = redis.call('ZCARD', e.l) - redis.call('ZCOUNT', e.l, '-inf', text(now))
  local room = math.min(e.most, e.limit - live, most - claims)
  local open = e.state.openUntil > 0
  if open then room = (e.state.openUntil <= now and live == 0) and math.min(room, 1) or 0 end
  if e.state.gate > now then room = 0 end
  local before = claims
  if room > 0 then
    local overdue = {}
    for i = 1, math.min(room, #expired) do overdue[i] = expired[i] end
    claim(e, overdue, nil, open)
    local waiting = room - (claims - before)
    if waiting > 0 then
      local due = redis.call('ZRANGEBYSCORE', e.q, '-inf', text(now), 'WITHSCORES', 'LIMIT', 0, waiting)
      local keys, dues = {}, {}
      for i = 1, #due, 2 do keys[#keys + 1], dues[#dues + 1] = due[i], tonumber(due[i + 1]) end
      claim(e, keys, dues, open)
    end
  end
  local taken = claims - before
  if open and taken > 0 then
    -- A prober that dies must not hold the breaker for ever: the next probe is due a step later whatever comes of this one.
    e.state.openUntil = now + math.max(e.state.openStep, probeStep)
    redis.call('HSET', e.s, 'openUntil', text(e.state.openUntil))
  end
  local full = e.limit - live - taken <= 0 or (open and live + taken > 0)
  scheduleEndpoint(KEYS[3], e.id, e.q, e.l, e.state, now, full)
end

for i = 1, endpoints do
  local k, a = 5 * i - 2, 4 * i + 2
  visit({place = i, q = KEYS[k + 1], m = KEYS[k + 2], l = KEYS[k + 3], s = KEYS[k + 4], t = KEYS[k + 5], id = ARGV[a + 1],
    limit = tonumber(ARGV[a + 2]), most = tonumber(ARGV[a + 3]), lease = tonumber(ARGV[a + 4])})
end
for name, value in pairs(counters) do
  if value > 0 then redis.call('HINCRBY', KEYS[2], name, value) end
end
reply[1] = tonumber(redis.call('HGET', KEYS[1], 'rev') or 0)
reply[3], reply[4] = takenOver, claims
local ready = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', text(now), 'LIMIT', 0, mostReady)
local later = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. text(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if later[2] then reply[2] = tonumber(later[2]) end
for i = 1, #ready do reply[#reply + 1] = ready[i] end
return reply
