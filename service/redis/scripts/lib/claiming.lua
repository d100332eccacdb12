-- claiming.lua: leases the due messages of an endpoint. claim.lua does it for the endpoints that a process names, settle.lua for those whose
-- attempts have ended. `c` holds what the call has in common: now, most (claims of this call), maxAge, firstRetry, probeStep (after a probe,
-- the least time until the next one), slot (of the process, lib/lease.lua), token (the last one), index (the wake-up index), the reply so far, and
-- how many were claimed, takenOver, superseded and cancelled.
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/lease.lua
--@include lib/line.lua
--@include lib/poison.lua
local SENT_AS_PROBE, EXPIRED, POISONED = 1, 2, 4
-- What the arguments say of one endpoint: its id, its limit of leased messages, how many this call may claim, and the lease in ms.
local PER_CLAIMED = 4

-- Returns the context of a call.
local function claimingOf(now, most, maxAge, probeStep, firstRetry, slot, reply)
  return {now = now, most = most, maxAge = maxAge, probeStep = probeStep, firstRetry = firstRetry, slot = slot, reply = reply, claims = 0,
    takenOver = 0, superseded = 0, cancelled = 0, harm = {}, token = tonumber(metaFound.token), index = KEYS[3]}
end

-- Makes the next waiting messages due. `sweepFrom` is how far earlier calls have come. It only rises, so a message that fails again
-- during the sweep is not made due a second time.
local function makeDue(c, e)
  local low = e.state.sweepFrom > c.now and text(e.state.sweepFrom) or '(' .. text(c.now)
  local moved = redis.call('ZRANGEBYSCORE', e.q, low, text(e.state.sweep), 'WITHSCORES', 'LIMIT', 0, 100)
  local nextPlace = lineUp(e.q, c.now)
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
local function afterLoss(c, e, key, packed)
  local m = readMessage(packed)
  m.losses = math.min(m.losses + 1, 255)
  if has(m, ALONE) then set(m, LOST_ALONE) else clear(m, LOST_ALONE) end
  local newer = redis.call('HGET', e.m, successorOf(key))
  if newer and not isMessage(newer) then return nil end
  if newer then mergeWaiting(m, readMessage(newer), c.now, c.firstRetry) end
  return packMessage(m), newer and true, m.due
end

-- Returns why the message is buried unsent, as flags of the reply; 0 when it is to be sent.
local function burialOf(e, packed)
  local losses, alone = lossesOf(packed)
  local flags = (alone and losses >= POISON_LOSSES) and POISONED or 0
  if stampOf(packed) < e.oldest then flags = flags + EXPIRED end
  return flags
end

-- The one empty list that all share, so that no table is made for a list that stays empty. Nothing is added to it itself, but by added().
local NONE = {}
local function added(list, member)
  if list == NONE then return {member} end
  list[#list + 1] = member
  return list
end

-- Chooses which of these messages are claimed: in their order, until `sends` of them are to be sent. A message that is only buried does
-- not count as one of them.
local function choose(c, e, keys, dues, sends)
  local chosen, found = {places = {}, waiting = {}, dues = dues or {}, burials = {}, absorbed = NONE, unwanted = NONE, unreadable = NONE,
    stale = NONE, seen = 0, sent = 0}, askAll('HMGET', e.m, keys)
  for i, key in ipairs(keys) do
    local packed, absorbs = found[i] and isMessage(found[i]) and bitIn(key, found[i]) > 0 and found[i], false
    -- Whether a message waits or is leased is what its own flag says. After damage its key may be in the queue and among the leases.
    local stale = packed and isLeased(packed) == (dues ~= nil)
    if packed and not dues and not stale then packed, absorbs, chosen.dues[i] = afterLoss(c, e, key, packed) end
    if stale then
      chosen.stale = added(chosen.stale, key)
    elseif not packed then
      chosen.unreadable = added(chosen.unreadable, key)
    elseif wanted(e.state, key, packed) then
      local burial = burialOf(e, packed)
      if burial == 0 then
        if chosen.sent >= sends then break end
        chosen.sent = chosen.sent + 1
      end
      local n = #chosen.places + 1
      chosen.places[n], chosen.waiting[n], chosen.burials[n] = i, packed, burial
      if absorbs then chosen.absorbed = added(chosen.absorbed, successorOf(key)) end
    else
      chosen.unwanted = added(chosen.unwanted, key)
    end
    chosen.seen = i
  end
  return chosen
end

-- Claims of these messages what choose() chooses. `keys` are the first members of the sorted set `order`, with their due times; both are
-- nil when their leases were lost. Returns how many are to be sent, and how many of the keys it took out of the order.
local function claim(c, e, order, keys, dues, sends, probe)
  if #keys == 0 then return 0, 0 end
  local chosen = choose(c, e, keys, dues, sends)
  if #chosen.unreadable > 0 then
    c.harm[#c.harm + 1] = damaged('message', e.id, chosen.unreadable)
    return 0, 0
  end
  local count = #chosen.places
  local token = c.token
  c.token = token + count
  local reply = c.reply
  local expiry, leases, values, n = leaseScore(c.now + e.lease, c.slot), {}, {}, #reply
  for taken, i in ipairs(chosen.places) do
    local key, burial = keys[i], chosen.burials[taken]
    local packed = packLeased(chosen.waiting[taken], chosen.dues[i], token + taken, c.now)
    values[2 * taken - 1], values[2 * taken] = key, packed
    leases[2 * taken - 1], leases[2 * taken] = expiry, key
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = e.place, key, packed, (probe and burial == 0) and SENT_AS_PROBE or burial
    n = n + 4
  end
  -- choose() has looked at the first of them.
  if dues and chosen.seen > 0 then redis.call('ZREMRANGEBYRANK', order, 0, chosen.seen - 1) end
  if not dues then
    c.takenOver = c.takenOver + count
    callAll('ZREM', e.l, chosen.stale)
  end
  callAll('HDEL', e.m, chosen.absorbed)
  c.superseded = c.superseded + #chosen.absorbed
  for _, key in ipairs(chosen.unwanted) do
    c.cancelled = c.cancelled + cancelMessage(e, key, redis.call('HGET', e.m, key), c.now, dues == nil)
  end
  c.claims = c.claims + count
  callAll('ZADD', e.l, leases)
  callAll('HSET', e.m, values)
  return chosen.sent, chosen.seen
end

-- Claims the first due messages of a sorted set. Returns how many are to be sent, and the due time of the first one that is left (nil: none).
local function claimDue(c, e, order, room, sends, probe)
  local first = redis.call('ZRANGE', order, 0, math.max(room, 0), 'WITHSCORES')
  local keys, dues = {}, {}
  for i = 1, math.min(#first, 2 * room), 2 do
    if tonumber(first[i + 1]) > c.now then break end
    keys[#keys + 1], dues[#dues + 1] = first[i], dueOf(first[i + 1])
  end
  local sent, seen = claim(c, e, order, keys, dues, sends, probe)
  return sent, tonumber(first[2 * seen + 2] or nil)
end

-- Returns the keys whose leases have expired, without those of tombstones, which end here.
local function expiredOf(c, e)
  local expired = redis.call('ZRANGEBYSCORE', e.l, '-inf', text(c.now), 'LIMIT', 0, e.most)
  if e.state.lanes == 0 then return expired end
  local left = {}
  for _, key in ipairs(expired) do
    local cancelled = lanes().endTombstone(e, key, nil, c.now)
    if cancelled then c.cancelled = c.cancelled + cancelled else left[#left + 1] = key end
  end
  return left
end

-- Returns how many leases of the endpoint have not expired, and when the first of them does (nil: there is none); then the keys of leases
-- that have.
local function leasesOf(c, e)
  local first = redis.call('ZRANGE', e.l, 0, 0, 'WITHSCORES')[2]
  if not first then return 0, nil, NONE end
  if tonumber(first) > c.now then return redis.call('ZCARD', e.l), tonumber(first), NONE end
  local expired = expiredOf(c, e)
  return redis.call('ZCARD', e.l) - redis.call('ZCOUNT', e.l, '-inf', text(c.now)), nil, expired
end

-- Claims what an endpoint may send now, and sets when it is looked at next. `e` has its keys, its state, its place in the reply, and what the
-- arguments say of it: limit, most and lease.
local function visit(c, e)
  local now, state = c.now, e.state
  -- This call may claim no more. The endpoint keeps its place in the wake-up index, so that it comes first in the next call.
  if c.claims >= c.most then return end
  if state and state.damaged then
    c.harm[#c.harm + 1] = damaged('state', e.id, {})
    return
  end
  if not state or state.paused or state.mailbox == 1 then
    redis.call('ZREM', c.index, e.id)
    return
  end
  if state.sweep > 0 then makeDue(c, e) end
  if state.lanes == ENDPOINT then e.limit = math.min(e.limit, 1) end
  e.oldest = activeClock(state, now) - c.maxAge
  local live, firstLease, expired = leasesOf(c, e)
  local hadExpired = #expired > 0
  local limit, open = e.limit, state.openUntil > 0
  if state.ramp > 0 then limit = math.min(limit, state.ramp) end
  local room = math.min(e.most, e.limit - live, c.most - c.claims)
  if state.gate > now or state.openUntil > now then room = 0 end
  local sends = limit - live
  if open then sends = live == 0 and 1 or 0 end
  if state.pace then sends = math.min(sends, pacing().left(state, now)) end
  local before, sent = c.claims, 0
  if room > 0 then
    local overdue = NONE
    for i = 1, math.min(room, #expired) do overdue = added(overdue, expired[i]) end
    sent = claim(c, e, nil, overdue, nil, sends, open)
  end
  if state.lanes == ENDPOINT then sent = sent + (claimDue(c, e, e.x, room - (c.claims - before), sends - sent, open)) end
  local more, head = claimDue(c, e, e.q, room - (c.claims - before), sends - sent, open)
  sent = sent + more
  local taken = c.claims - before
  if state.pace then pacing().begin(e, sent, now) end
  if open and sent > 0 then
    -- The process that sends the probe may end before it settles. So the time of the next probe is set now.
    state.openUntil = now + math.max(state.openStep, c.probeStep)
    redis.call('HSET', e.s, 'openUntil', text(state.openUntil))
  end
  local full = limit - live - taken <= 0 or (open and live + taken > 0)
  if hadExpired or state.lanes > 0 then return scheduleEndpoint(c.index, e, state, now, full) end
  if taken > 0 then firstLease = math.min(firstLease or now + e.lease, now + e.lease) end
  wakeAt(c.index, e, state, now, not full and head, firstLease)
end

-- Ends a call: keeps the last token, and adds to the reply the ids of ready endpoints, and what is damaged. Returns when the next endpoint will
-- have a due message; -1 when none will.
local function tellNext(c, mostReady)
  if c.claims > 0 then redis.call('HSET', KEYS[1], 'token', text(c.token)) end
  local wake = nameReady(c.index, c.now, mostReady, c.reply)
  for i = 1, #c.harm do c.reply[#c.reply + 1] = c.harm[i] end
  return wake
end
