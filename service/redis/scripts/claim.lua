-- claim.lua: leases messages that may be sent now, and takes over messages whose leases have expired, or were freed (takeover.lua).
-- KEYS  1 meta (hash)  2 counters (hash)  3 wake-up index (zset)
--       then per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), history t (hash),
--       of its lanes b (zset), h (hash), x (zset)
-- ARGV  1 now ms  2 most claims of this call  3 MaxAge ms  4 after a probe, the least time until the next one, ms
--       5 first retry delay ms  6 most endpoints to name as ready  7 slot of the process (lib/lease.lua)
--       then per endpoint: id, limit of leased messages, most of this call, lease ms
-- Reply {registry revision, next wake-up ms (-1: none), taken over, number of claims, then per claim: place of its endpoint in the
--        call (from 1), key, packed message, flags (1 probe, 2 expired by MaxAge, 4 poisoned); then the ids of ready endpoints, and,
--        for each endpoint of which no message was claimed because a value cannot be read, a list of what is damaged (lib/types.lua)}
-- A claim counts the attempt and gives the message a new token. When the lease of a message has expired, this script merges the successor
-- into the message and claims it again. While the breaker of an endpoint is open, one message is claimed to be sent: the oldest due one.
-- After a park, at most `ramp` messages are in flight. A message that is older than MaxAge or poisoned is claimed as well, beyond these limits:
-- the dispatcher does not send it but buries it. After the breaker has closed, each call makes the next 100 waiting messages of the
-- endpoint due, in their order (`sweep`).
-- An endpoint whose messages stand in one lane has at most one of them leased: the first that was set aside and is due, else the head.
-- A message is poisoned when it lost several leases in a row (lib/poison.lua), the last one while its process did nothing else.
-- O(endpoints + claims · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/lease.lua
--@include lib/line.lua
--@include lib/poison.lua
local PROBE, EXPIRED, POISONED = 1, 2, 4
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset'})
if wrong then return wrong end
local now, most, maxAge, firstRetry = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local probeStep, mostReady = tonumber(ARGV[4]), tonumber(ARGV[6])
local endpoints = (#ARGV - 7) / 4
if not (now and most and maxAge and probeStep and firstRetry and mostReady and isSlot(ARGV[7] or '')) or endpoints ~= (#KEYS - 3) / 8 then
  return redis.error_reply('LULLARG claim')
end
local states = {}
for i = 1, endpoints do
  local k, a = 8 * i - 5, 4 * i + 3
  if not (tonumber(ARGV[a + 2]) and tonumber(ARGV[a + 3]) and tonumber(ARGV[a + 4])) then
    return redis.error_reply('LULLARG claim limits')
  end
  wrong = wrongType({KEYS[k + 1], 'zset', KEYS[k + 2], 'hash', KEYS[k + 3], 'zset', KEYS[k + 4], 'hash', KEYS[k + 5], 'hash'})
  if wrong then return wrong end
  states[i] = readState(KEYS[k + 4])
  wrong = wrongLanes(states[i], KEYS[k + 6], KEYS[k + 7], KEYS[k + 8])
  if wrong then return wrong end
end

local reply, claims, takenOver = {0, -1, 0, 0}, 0, 0
local counters, harm = {superseded = 0, cancelled = 0}, {}
redis.call('HDEL', KEYS[1], '')

-- Makes the next waiting messages due. `sweepFrom` is how far earlier calls have come. It only rises, so a message that fails again
-- during the sweep is not made due a second time.
local function makeDue(e)
  local low = e.state.sweepFrom > now and text(e.state.sweepFrom) or '(' .. text(now)
  local moved = redis.call('ZRANGEBYSCORE', e.q, low, text(e.state.sweep), 'WITHSCORES', 'LIMIT', 0, 100)
  local nextPlace = lineUp(e.q, now)
  for i = 1, #moved, 2 do
    redis.call('ZADD', e.q, nextPlace(), moved[i])
    e.state.sweepFrom = math.floor(tonumber(moved[i + 1]))
  end
  if #moved < 200 then
    e.state.sweep = 0
    redis.call('HDEL', e.s, 'sweep', 'sweepFrom')
  else
    redis.call('HSET', e.s, 'sweepFrom', text(e.state.sweepFrom))
  end
end

-- Returns the message whose lease was lost as it is when it waits again, its successor merged in; whether there was a successor; and
-- when the message is due. Returns nil when the successor cannot be read. Changes nothing yet.
local function afterLoss(e, key, packed)
  local m = readMessage(packed)
  m.losses = math.min(m.losses + 1, 255)
  if has(m, ALONE) then set(m, LOST_ALONE) else clear(m, LOST_ALONE) end
  local newer = redis.call('HGET', e.m, successorOf(key))
  if newer and not isMessage(newer) then return nil end
  if newer then mergeWaiting(m, readMessage(newer), now, firstRetry) end
  return packMessage(m), newer and true, m.due
end

-- Returns why the message is buried unsent, as flags of the reply; 0 when it is to be sent.
local function burialOf(e, packed)
  local losses, alone = lossesOf(packed)
  local flags = (alone and losses >= POISON_LOSSES) and POISONED or 0
  if stampOf(packed) < e.oldest then flags = flags + EXPIRED end
  return flags
end

-- Chooses which of these messages are claimed: in their order, until `sends` of them are to be sent. A message that is only buried does
-- not count as one of them.
local function choose(e, keys, dues, sends)
  local chosen, found = {places = {}, waiting = {}, dues = dues or {}, burials = {}, absorbed = {}, unwanted = {}, unreadable = {},
    stale = {}, seen = 0, sent = 0}, askAll('HMGET', e.m, keys)
  for i, key in ipairs(keys) do
    local packed, absorbs = found[i] and isMessage(found[i]) and bitIn(key, found[i]) > 0 and found[i], false
    -- Whether a message waits or is leased is what its own flag says. After damage its key may be in the queue and among the leases.
    local stale = packed and isLeased(packed) == (dues ~= nil)
    if packed and not dues and not stale then packed, absorbs, chosen.dues[i] = afterLoss(e, key, packed) end
    if stale then
      chosen.stale[#chosen.stale + 1] = key
    elseif not packed then
      chosen.unreadable[#chosen.unreadable + 1] = key
    elseif wanted(e.state.mask, key, packed) then
      local burial = burialOf(e, packed)
      if burial == 0 then
        if chosen.sent >= sends then break end
        chosen.sent = chosen.sent + 1
      end
      local n = #chosen.places + 1
      chosen.places[n], chosen.waiting[n], chosen.burials[n] = i, packed, burial
      if absorbs then chosen.absorbed[#chosen.absorbed + 1] = successorOf(key) end
    else
      chosen.unwanted[#chosen.unwanted + 1] = key
    end
    chosen.seen = i
  end
  return chosen
end

-- Claims of these messages what choose() chooses. `keys` are the first members of the sorted set `order`, with their due times; both are
-- nil when their leases were lost. Returns how many are to be sent.
local function claim(e, order, keys, dues, sends, probe)
  if #keys == 0 then return 0 end
  local chosen = choose(e, keys, dues, sends)
  if #chosen.unreadable > 0 then
    harm[#harm + 1] = damaged('message', e.id, chosen.unreadable)
    return 0
  end
  local count = #chosen.places
  local token = count > 0 and redis.call('HINCRBY', KEYS[1], 'token', count) - count
  local expiry, leases, values, n = leaseScore(now + e.lease, tonumber(ARGV[7])), {}, {}, #reply
  for taken, i in ipairs(chosen.places) do
    local key, burial = keys[i], chosen.burials[taken]
    local packed = packLeased(chosen.waiting[taken], chosen.dues[i], token + taken)
    values[2 * taken - 1], values[2 * taken] = key, packed
    leases[2 * taken - 1], leases[2 * taken] = expiry, key
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = e.place, key, packed, (probe and burial == 0) and PROBE or burial
    n = n + 4
  end
  -- choose() has looked at the first of them.
  if dues and chosen.seen > 0 then redis.call('ZREMRANGEBYRANK', order, 0, chosen.seen - 1) end
  if not dues then
    takenOver = takenOver + count
    callAll('ZREM', e.l, chosen.stale)
  end
  callAll('HDEL', e.m, chosen.absorbed)
  counters.superseded = counters.superseded + #chosen.absorbed
  for _, key in ipairs(chosen.unwanted) do
    counters.cancelled = counters.cancelled + cancelMessage(e, key, redis.call('HGET', e.m, key), now, dues == nil)
  end
  claims = claims + count
  callAll('ZADD', e.l, leases)
  callAll('HSET', e.m, values)
  return chosen.sent
end

-- Claims the first due messages of a sorted set. Returns how many are to be sent.
local function claimDue(e, order, room, sends, probe)
  if room <= 0 then return 0 end
  local due = redis.call('ZRANGEBYSCORE', order, '-inf', text(now), 'WITHSCORES', 'LIMIT', 0, room)
  local keys, dues = {}, {}
  for i = 1, #due, 2 do keys[#keys + 1], dues[#dues + 1] = due[i], dueOf(due[i + 1]) end
  return claim(e, order, keys, dues, sends, probe)
end

-- Returns the keys whose leases have expired, without those of tombstones, which end here.
local function expiredOf(e)
  local expired = redis.call('ZRANGEBYSCORE', e.l, '-inf', text(now), 'LIMIT', 0, e.most)
  if e.state.lanes == 0 then return expired end
  local left = {}
  for _, key in ipairs(expired) do
    local cancelled = endTombstone(e, key, nil, now)
    if cancelled then counters.cancelled = counters.cancelled + cancelled else left[#left + 1] = key end
  end
  return left
end

local function visit(e)
  -- This call may claim no more. The endpoint keeps its place in the wake-up index, so that it comes first in the next call.
  if claims >= most then return end
  e.state = states[e.place]
  if e.state and e.state.damaged then
    harm[#harm + 1] = damaged('state', e.id, {})
    return
  end
  if not e.state or e.state.paused then
    redis.call('ZREM', KEYS[3], e.id)
    return
  end
  if e.state.sweep > 0 then makeDue(e) end
  if e.state.lanes == ENDPOINT then e.limit = math.min(e.limit, 1) end
  e.oldest = activeClock(e.state, now) - maxAge
  local expired = expiredOf(e)
  local live = redis.call('ZCARD', e.l) - redis.call('ZCOUNT', e.l, '-inf', text(now))
  local limit, open = e.limit, e.state.openUntil > 0
  if e.state.ramp > 0 then limit = math.min(limit, e.state.ramp) end
  local room = math.min(e.most, e.limit - live, most - claims)
  if e.state.gate > now or e.state.openUntil > now then room = 0 end
  local sends = limit - live
  if open then sends = live == 0 and 1 or 0 end
  local before, sent = claims, 0
  if room > 0 then
    local overdue = {}
    for i = 1, math.min(room, #expired) do overdue[i] = expired[i] end
    sent = claim(e, nil, overdue, nil, sends, open)
    if e.state.lanes == ENDPOINT then sent = sent + claimDue(e, e.x, room - (claims - before), sends - sent, open) end
    sent = sent + claimDue(e, e.q, room - (claims - before), sends - sent, open)
  end
  local taken = claims - before
  if open and sent > 0 then
    -- The process that sends the probe may end before it settles. So the time of the next probe is set now.
    e.state.openUntil = now + math.max(e.state.openStep, probeStep)
    redis.call('HSET', e.s, 'openUntil', text(e.state.openUntil))
  end
  local full = limit - live - taken <= 0 or (open and live + taken > 0)
  scheduleEndpoint(KEYS[3], e, e.state, now, full)
end

for i = 1, endpoints do
  local k, a = 8 * i - 5, 4 * i + 3
  visit({place = i, q = KEYS[k + 1], m = KEYS[k + 2], l = KEYS[k + 3], s = KEYS[k + 4], t = KEYS[k + 5],
    b = KEYS[k + 6], h = KEYS[k + 7], x = KEYS[k + 8], id = ARGV[a + 1], limit = tonumber(ARGV[a + 2]),
    most = tonumber(ARGV[a + 3]), lease = tonumber(ARGV[a + 4])})
end
for name, value in pairs(counters) do
  bump(KEYS[2], name, value)
end
reply[1] = tonumber(redis.call('HGET', KEYS[1], 'rev') or 0)
reply[3], reply[4] = takenOver, claims
local ready = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', text(now), 'LIMIT', 0, mostReady)
local later = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. text(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if later[2] then reply[2] = timeOf(later[2]) end
for i = 1, #ready do reply[#reply + 1] = ready[i] end
for i = 1, #harm do reply[#reply + 1] = harm[i] end
return reply
