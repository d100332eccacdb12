-- fire.lua: removes due windows and puts a message into the queue of every subscribed endpoint.
-- KEYS  1 meta (hash)  2 counters (hash)  3 window index (zset)  4 windows (hash)  5 wake-up index (zset)
--       then per subscriber: queue q (zset), messages m (hash), state s (hash)
--       then per endpoint that has turned: the same, and of its lanes b (zset), h (hash)
-- ARGV  1 now ms  2 registry revision that the caller knows  3 about how many messages to put at most  4 most windows
--       5 first retry delay ms  6 the bits of change types of which the call names all subscribers
--       7 max wait ms  8 how many endpoints have turned  then per subscriber, and then per turned one: endpoint id, mask of bits
-- Reply {windows fired, messages put, due of the earliest window left (-1: none)}, or what is damaged (lib/types.lua). Error LULLSTALE
-- when the revision is not current.
-- It stops before the first window of a change type that is not in argument 6. A key has at most one message and one successor: newer
-- content is merged into a message that waits; of a leased message it goes into the successor (field "+<key>").
-- An endpoint that took every event for a while gets no window whose last event it was told of by itself.
-- An endpoint that has turned was debounced once and takes every event now (`turned` of its state says since when). The windows that
-- hold only earlier events still owe it something: it gets one message for each, at the end of its lane. After the longest wait of a window
-- it is named no more.
-- O(windows · (log windows + subscribers of the bit · log queue)). Works at maxmemory (its first write is a ZREM).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/window.lua
--@include lib/endpoint.lua
--@include lib/line.lua
--@include lib/lane.lua
--@include lib/turned.lua
--@include lib/subscribed.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset'})
if wrong then return wrong end
local FIXED = 8
local now, stopAt, mostWindows, firstRetry, bits = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local maxWait, turnedCount = tonumber(ARGV[7]), tonumber(ARGV[8])
if not (now and stopAt and mostWindows and firstRetry and bits and maxWait and turnedCount)
  or (#ARGV - FIXED) / 2 - turnedCount ~= (#KEYS - 5 - 5 * turnedCount) / 3 or turnedCount > (#ARGV - FIXED) / 2 then
  return redis.error_reply('LULLARG fire')
end
if (redis.call('HGET', KEYS[1], 'rev') or '0') ~= ARGV[2] then return redis.error_reply('LULLSTALE registry') end

local subscribers = {}
for i = 1, (#ARGV - FIXED) / 2 - turnedCount do
  subscribers[i] = {id = ARGV[FIXED - 1 + 2 * i], mask = tonumber(ARGV[FIXED + 2 * i]), q = KEYS[3 + 3 * i], m = KEYS[4 + 3 * i], s = KEYS[5 + 3 * i],
    windows = {}}
end
for _, e in ipairs(subscribers) do
  if not e.mask then return redis.error_reply('LULLARG fire mask') end
end
local turned, refused = turnedEndpoints(#subscribers, turnedCount)
if refused then return refused end
local subscribed, turnedOf = subscribedOf(subscribers), subscribedOf(turned)

-- The first pass only reads: it finds the windows that fire, and checks the keys and states of all endpoints that get messages.
local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, mostWindows)
local total, last = 0, 0
for i = 1, #due, 2 do
  local changeType = bitOf(due[i])
  if changeType > 0 and bit.band(bits, changeType) == 0 then break end
  local targets = subscribed(changeType)
  local most = #targets + #turnedOf(changeType)
  if total > 0 and total + most > stopAt then break end
  total, last = total + most, i
  for _, e in ipairs(targets) do
    if not e.state then
      wrong = wrongType({e.q, 'zset', e.m, 'hash', e.s, 'hash'})
      if wrong then return wrong end
      e.state = readState(e.s)
      if not e.state or e.state.damaged then return damaged('state', e.id, {}) end
    end
  end
end

-- Reads the windows that fire. They are removed only after everything else has been read, too.
local windows, keys, unreadable = {}, {}, {}
for i = 1, last, 2 do keys[#keys + 1] = due[i] end
for i, packed in ipairs(askAll('HMGET', KEYS[4], keys)) do
  if packed and isWindow(packed) and bitOf(keys[i]) > 0 then
    local w = readWindow(packed)
    w.key, w.changeType, w.due = keys[i], bitOf(keys[i]), math.max(timeOf(due[2 * i]), w.first)
    windows[#windows + 1] = w
    for _, e in ipairs(subscribed(w.changeType)) do
      if not wasTold(e, w) then e.windows[#e.windows + 1] = w end
    end
  else
    unreadable[#unreadable + 1] = keys[i]
  end
end
if #unreadable > 0 then return damaged('window', '', unreadable) end

-- Reads what the endpoint has of the keys of its windows: messages, and of leased messages the successors. Returns the keys of messages
-- that cannot be read.
local function look(e)
  local wanted, successors, bad = {}, {}, {}
  e.place = {}
  for i, w in ipairs(e.windows) do wanted[i] = w.key end
  e.stored = askAll('HMGET', e.m, wanted)
  for i, packed in ipairs(e.stored) do
    if packed and not isMessage(packed) then
      bad[#bad + 1] = wanted[i]
    elseif packed and isLeased(packed) then
      successors[#successors + 1] = successorOf(wanted[i])
      e.place[i] = #successors
    end
  end
  e.successors, e.beside = successors, askAll('HMGET', e.m, successors)
  for i, packed in ipairs(e.beside) do
    if packed and not isMessage(packed) then bad[#bad + 1] = keyOf(successors[i]) end
  end
  return bad
end
for _, e in ipairs(subscribers) do
  if #e.windows > 0 then
    local bad = look(e)
    if #bad > 0 then return damaged('message', e.id, bad) end
  end
end

callAll('ZREM', KEYS[3], keys)
callAll('HDEL', KEYS[4], keys)
local created, superseded = 0, 0

-- Returns the packed message that a window becomes at an endpoint that has none of its key. Endpoints with equal stamps share it.
local function newMessage(w, stamp)
  if w.packedAt ~= stamp then
    w.packedAt = stamp
    w.packed = packMessage({flags = 0, idSeq = w.upto, upto = w.upto, events = w.events, attempts = 0, losses = 0, token = 0,
      firstFailed = 0, stamp = stamp, occurred = w.occurred, winSeq = w.winSeq, due = now, windowDue = w.due, step = 0, entryDue = now, item = '',
      trace = w.trace, payload = w.payload})
  end
  return w.packed
end

-- Merges a window into a message or successor. Returns the packed message, when it is due, and whether that has changed.
local function merged(e, field, packed, w, isSuccessor)
  superseded = superseded + 1
  local m = readMessage(packed)
  -- The queue's score is the due time that counts: an operator's retry and the sweep after a breaker change only the score.
  if not isSuccessor then m.due = dueOf(redis.call('ZSCORE', e.q, field) or m.due) end
  local before = m.due
  mergeWaiting(m, {upto = w.upto, events = w.events, occurred = w.occurred, winSeq = w.winSeq, trace = w.trace, payload = w.payload,
    stamp = e.stamp, windowDue = w.due}, now, firstRetry)
  return packMessage(m), m.due, m.due ~= before
end

local function put(e)
  local place, successors, stored, beside = e.place, e.successors, e.stored, e.beside
  local dues, values, earliest, fresh = {}, {}, nil, 0
  local dueNow = text(now)
  for i, w in ipairs(e.windows) do
    local leased = place[i]
    local field, packed = w.key, stored[i]
    if leased then field, packed = successors[leased], beside[leased] end
    local due, moved = now, true
    if packed then
      packed, due, moved = merged(e, field, packed, w, leased)
    else
      packed = newMessage(w, e.stamp)
      if not leased then fresh = fresh + 1 end
    end
    values[#values + 1], values[#values + 2] = field, packed
    if not leased then
      if moved then dues[#dues + 1], dues[#dues + 2] = due == now and dueNow or text(due), field end
      if not earliest or due < earliest then earliest = due end
    end
  end
  created = created + #e.windows
  callAll('HSET', e.m, values)
  -- A key that was in the queue without a message had one that was lost. The counters are marked, and balance.lua corrects them.
  if callAll('ZADD', e.q, dues) ~= fresh then redis.call('HSET', KEYS[2], 'unbalanced', '1') end
  if earliest and not e.state.paused then
    redis.call('ZADD', KEYS[5], 'LT', text(math.max(earliest, e.state.gate, e.state.openUntil)), e.id)
  end
end

for _, e in ipairs(subscribers) do
  if #e.windows > 0 then
    e.stamp = activeClock(e.state, now)
    put(e)
  end
end
for _, e in ipairs(turned) do created = created + putTurned(e, windows, now) end
bump(KEYS[2], 'created', created)
bump(KEYS[2], 'superseded', superseded)
if #windows > 0 and now > tonumber(redis.call('HGET', KEYS[1], 'lastFire') or 0) then redis.call('HSET', KEYS[1], 'lastFire', text(now)) end
local left = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
forgetTurned(turned, left[2] and timeOf(left[2]) or nil, now, maxWait)
return {#windows, created, left[2] and timeOf(left[2]) or -1}
