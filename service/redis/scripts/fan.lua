-- fan.lua: takes events from the head of the stream and puts a message for each into the queue of every endpoint that takes every event.
-- KEYS  1 meta (hash)  2 counters (hash)  3 stream (list)  4 wake-up index (zset)  5 order of the alerts (zset)  6 what they say (hash)
--       7 notices about mailboxes (zset)
--       then per endpoint: queue q (zset), messages m (hash), state s (hash), of its lanes b (zset), h (hash)
-- ARGV  1 now ms  2 registry revision that the caller knows  3 about how many messages to put at most  4 how many bytes at most
--       5 the bits of change types of which the call names all endpoints  6 the bits that any endpoint with lanes takes
--       7 least time ms between two attempts of a head that fails  8 most messages and  9 most bytes that an endpoint may have queued
--       then per endpoint, in the order of their ids: id, mask of bits
-- Reply {events taken, messages put, bit of the event at which it stopped because the call does not name it (0: none), events left, then
--        per endpoint that missed some: id, how many}, or what is damaged (lib/types.lua).
-- Error LULLSTALE when the revision is not current.
-- An endpoint gets only events that its filter lets pass, and that were accepted after it began to take their change type (`since:<bit>` of
-- its state). A mailbox gets those that one of its subscriptions takes (lib/subscription.lua); clients that wait for one are told. When an
-- endpoint has as many messages as it may have, it is paused and takes nothing more until it is resumed; what it misses is counted. After that it takes
-- nothing until its queue is a tenth shorter (`draining`), or the next event would pause it again before it has delivered anything.
-- When a call stops within an event, the field `fanAt` of the meta hash is "<its sequence> <id of the last endpoint served>", and the event
-- stays at the head of the stream: the next call goes on behind that id. So every endpoint gets every event once, whatever the registry does
-- meanwhile: whoever registers later takes only later events. Of another event than the first one it says nothing.
-- O(messages · log queue + endpoints). Refused at maxmemory before anything is written (its first write is a HSET).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/stream.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/subscribed.lua
--@include lib/line.lua
--@include lib/walk.lua
--@include lib/alert.lua
--@include lib/notices.lua
--@include lib/mail_notice.lua
local EVENTS_AT_ONCE, MOST_EVENTS = 16, 1000
local FIXED, PER_ENDPOINT = 9, 5
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'list', KEYS[4], 'zset', KEYS[5], 'zset', KEYS[6], 'hash',
  KEYS[7], 'zset'})
if wrong then return wrong end
for i = 1, FIXED do
  if not tonumber(ARGV[i]) then return redis.error_reply('LULLARG fan') end
end
local now, stopAt, mostBytes, bits, taken = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local probe, mostQueued, mostQueuedBytes = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local count = (#ARGV - FIXED) / 2
if count ~= (#KEYS - 7) / PER_ENDPOINT then return redis.error_reply('LULLARG fan endpoints') end
local meta = redis.call('HMGET', KEYS[1], 'rev', 'lastFan', 'fanAt', 'every')
if (meta[1] or '0') ~= ARGV[2] then return redis.error_reply('LULLSTALE registry') end
-- Messages that are due together are sent in the order of their sequences, so the due time must not decrease. A time that is further ahead
-- is no lag of this replica's clock but damage.
local lastFan = meta[2] and isWhole(meta[2]) and tonumber(meta[2]) or 0
if lastFan < now + 60000 then now = math.max(now, lastFan) end

local endpoints = {}
for i = 1, count do
  local k = 7 + PER_ENDPOINT * (i - 1)
  local e = {id = ARGV[FIXED + 2 * i - 1], mask = tonumber(ARGV[FIXED + 2 * i]), q = KEYS[k + 1], m = KEYS[k + 2], s = KEYS[k + 3],
    b = KEYS[k + 4], h = KEYS[k + 5], events = {}, since = {}, missed = 0, weight = 0}
  if not e.mask then return redis.error_reply('LULLARG fan mask') end
  endpoints[i] = e
end
local takersOf = subscribedOf(endpoints)

-- Reads what an endpoint holds, the first time an event is for it. Returns a reply that refuses the call, or nil.
local function look(e)
  if e.state then return end
  local refused = wrongType({e.q, 'zset', e.m, 'hash', e.s, 'hash', e.b, 'zset', e.h, 'hash'})
  if refused then return refused end
  local state = readState(e.s)
  if not state or state.damaged or state.lanes == 0 then return damaged('state', e.id, {}) end
  local limits = redis.call('HMGET', e.s, 'full', 'draining')
  e.queued, e.bytes, e.full = redis.call('HLEN', e.m), state.bytes, limits[1] ~= false
  e.wasFull = e.full
  e.draining = limits[2] and (e.queued > 0.9 * mostQueued or e.bytes > 0.9 * mostQueuedBytes)
  e.hasDrained = limits[2] and not e.draining
  e.state = state
end

-- Returns the sequence after which the endpoint takes events of a change type; one that cannot be read takes all.
local function sinceOf(e, changeType)
  if not e.since[changeType] then
    local found = redis.call('HGET', e.s, 'since:' .. text(changeType))
    e.since[changeType] = found and isWhole(found) and tonumber(found) or 0
  end
  return e.since[changeType]
end

-- The first pass only reads: it decides which endpoints get which events.
local eventsTaken, put, size, judged, unnamed = 0, 0, 0, 0, 0
local fanSequence, fanId = string.match(meta[3] or '', '^(%d+) (.+)$')
-- How far the event was given out at which the call stops.
local servedTo, servedOf
local stopped = false

local function factsIn(event)
  event.facts = event.facts or facts().of(event.payload)
  return event.facts
end

-- Whether the event is for the endpoint.
local function isFor(e, event)
  if e.state.mailbox == 1 then return subscriptions().takes(e.state.subs, event.bit, event.sequence, factsIn(event)) end
  return sinceOf(e, event.bit) < event.sequence and (not e.state.filter or facts().wants(e.state, factsIn(event)))
end

-- Whether the event is for none of the subscriptions of a mailbox. There may be many mailboxes with scopes of their own, and what an event is
-- not for is told by one field of each. What cannot be read is left to look().
local function isForNoSubscription(e, event)
  if e.subs == nil then
    local packed = redis.pcall('HGET', e.s, 'subs')
    e.subs = type(packed) == 'string' and subscriptions().read(packed) or false
  end
  return e.subs and not subscriptions().takes(e.subs, event.bit, event.sequence, factsIn(event))
end

-- Gives the event to an endpoint, or lets the endpoint miss it. Returns false when the call has done enough.
local function give(e, event)
  if not isFor(e, event) then return true end
  local weight = MESSAGE_HEAD + 9 + #event.item + #event.trace + #event.payload
    + #keyAt(laneOf(e.state.lanes, event.item), event.sequence)
  local isAtCap = e.queued >= mostQueued or e.bytes + weight > mostQueuedBytes
  if e.full or e.draining or isAtCap then
    e.full = e.full or not e.draining
    e.missed, e.lastMissed = e.missed + 1, event.sequence
    e.firstMissed = e.firstMissed or event.sequence
    return true
  end
  if put > 0 and (put >= stopAt or size + weight > mostBytes) then return false end
  put, size, e.queued, e.bytes, e.weight = put + 1, size + weight, e.queued + 1, e.bytes + weight, e.weight + weight
  e.events[#e.events + 1] = event
  return true
end

local function take(event)
  for _, e in ipairs(takersOf(event.bit)) do
    if not servedTo or bytesBefore(servedTo, e.id) then
      local passesBy = isForNoSubscription(e, event)
      local refused = not passesBy and look(e)
      if refused then return refused end
      if judged >= 10 * stopAt or not (passesBy or give(e, event)) then
        stopped = true
        return
      end
      judged, servedTo, servedOf = judged + 1, e.id, event.sequence
    end
  end
  eventsTaken, servedTo = eventsTaken + 1, nil
end

while not stopped and eventsTaken < MOST_EVENTS do
  local found = redis.call('LRANGE', KEYS[3], eventsTaken, eventsTaken + EVENTS_AT_ONCE - 1)
  for _, packed in ipairs(found) do
    local event = isStreamEvent(packed) and readStreamEvent(packed)
    if not event or bitOf(event.item) == 0 then return damaged('stream', '', {packed}) end
    if eventsTaken == 0 and fanSequence == text(event.sequence) then servedTo, servedOf = fanId, event.sequence end
    if bit.band(bits, event.bit) == 0 then
      unnamed, stopped = event.bit, true
    else
      local refused = take(event)
      if refused then return refused end
    end
    if stopped then break end
  end
  if #found < EVENTS_AT_ONCE then stopped = true end
end

redis.call('HSET', KEYS[1], 'lastFan', text(now))
if not meta[4] or meta[4] ~= text(taken) then redis.call('HSET', KEYS[1], 'every', text(taken)) end

local function newMessage(event, stamp)
  if event.stamp ~= stamp then
    event.stamp = stamp
    event.packed = packMessage({flags = 0, idSeq = event.sequence, upto = event.sequence, events = 1, attempts = 0, losses = 0, token = 0,
      firstFailed = 0, stamp = stamp, occurred = event.occurred, winSeq = event.sequence, due = now, windowDue = event.admitted, step = 0,
      entryDue = now, item = event.item, trace = event.trace, payload = event.payload})
  end
  return event.packed
end

-- Returns which of the lanes of an endpoint's new messages have a head: lane → its position.
local function headsOf(e)
  local lanes, heads = {}, {}
  if e.state.lanes == EACH then return heads end
  for i, event in ipairs(e.events) do lanes[i] = laneOf(e.state.lanes, event.item) end
  for i, position in ipairs(askAll('HMGET', e.h, lanes)) do heads[lanes[i]] = position or nil end
  return heads
end

-- A head that waits for its next attempt is made due: the receiver may have recovered. It is asked again no sooner than `probe` after the
-- last attempt. Its place in the retry schedule stays (`entryDue`), so this attempt uses up no entry.
local function bringForward(e, position)
  local key = keyAt('', tonumber(position, 16))
  local waits, due = redis.call('ZSCORE', e.q, key), math.max(now, e.state.attemptedAt + probe)
  if not waits or tonumber(waits) <= due then return end
  redis.call('ZADD', e.q, text(due), key)
  return due
end

local function putAll(e)
  local stamp, heads, lanes = activeClock(e.state, now), headsOf(e), e.state.lanes
  local values, dues, behind, newHeads = {}, {}, {}, {}
  local wake = lanes == ENDPOINT and heads[''] and bringForward(e, heads[''])
  for _, event in ipairs(e.events) do
    local lane = laneOf(lanes, event.item)
    local key = keyAt(lane, event.sequence)
    values[#values + 1], values[#values + 2] = key, newMessage(event, stamp)
    if heads[lane] then
      behind[#behind + 1], behind[#behind + 2] = '0', key
    else
      dues[#dues + 1], dues[#dues + 2], wake = text(now), key, now
      if lanes ~= EACH then
        heads[lane] = string.sub(key, -16)
        newHeads[#newHeads + 1], newHeads[#newHeads + 2] = lane, heads[lane]
      end
    end
  end
  callAll('HSET', e.m, values)
  callAll('ZADD', e.q, dues)
  callAll('ZADD', e.b, behind)
  callAll('HSET', e.h, newHeads)
  weigh(e, e.weight)
  if e.state.mailbox == 1 then return tellMail(KEYS[7], e.id, now) end
  if wake and not e.state.paused then
    redis.call('ZADD', KEYS[4], 'LT', text(math.max(wake, closedUntil(e.state, now))), e.id)
  end
end

local reply, missed, newlyPaused = {eventsTaken, put, unnamed, 0}, 0, false
-- The numbers of what it missed begin anew when it has become full again, so that an operator can still read them after resuming it.
local function miss(e)
  if e.full and not e.wasFull then redis.call('HDEL', e.s, 'missed', 'missedFirst', 'missedLast') end
  redis.call('HSET', e.s, 'missedLast', text(e.lastMissed))
  if e.full then redis.call('HSET', e.s, 'full', '1') end
  redis.call('HSETNX', e.s, 'missedFirst', text(e.firstMissed))
  local before = redis.call('HGET', e.s, 'missed')
  redis.call('HSET', e.s, 'missed', text((before and isWhole(before) and tonumber(before) or 0) + e.missed))
  if e.full and not e.state.paused then
    redis.call('HSET', e.s, 'paused', 'queue-full', 'pausedSince', text(now))
    redis.call('HINCRBY', e.s, 'version', 1)
    redis.call('ZREM', KEYS[4], e.id)
    newlyPaused = true
    raiseAlert(KEYS[5], KEYS[6], 'endpoint-paused|' .. e.id, now, 1, queueFullNotice())
  end
  if e.full then raiseAlert(KEYS[5], KEYS[6], 'missed|' .. e.id, now, e.missed, missedNotice(mostQueued, mostQueuedBytes)) end
  missed = missed + e.missed
  reply[#reply + 1], reply[#reply + 2] = e.id, e.missed
end

for _, e in ipairs(endpoints) do
  if e.hasDrained then redis.call('HDEL', e.s, 'draining') end
  if #e.events > 0 then putAll(e) end
  if e.missed > 0 then miss(e) end
end
if newlyPaused then redis.call('HINCRBY', KEYS[1], 'rev', 1) end
if missed > 0 then forgetAlerts(KEYS[5], KEYS[6]) end
if servedTo then
  redis.call('HSET', KEYS[1], 'fanAt', text(servedOf) .. ' ' .. servedTo)
elseif meta[3] then
  redis.call('HDEL', KEYS[1], 'fanAt')
end
if eventsTaken > 0 then redis.call('LTRIM', KEYS[3], eventsTaken, -1) end
bump(KEYS[2], 'created', put)
bump(KEYS[2], 'dropped', missed)
reply[4] = redis.call('LLEN', KEYS[3])
return reply
