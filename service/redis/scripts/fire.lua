-- fire.lua: removes due windows and puts a message in the queue of every subscribed endpoint, in one atomic step.
-- KEYS  1 meta (hash)  2 counters (hash)  3 window index (zset)  4 windows (hash)  5 wake-up index (zset)
--       then per subscriber: queue q (zset), messages m (hash), state s (hash)
-- ARGV  1 now ms  2 registry revision the caller knows  3 about how many messages to stop at  4 most windows  5 first retry delay ms
--       then per subscriber: endpoint id, mask of bits
-- Reply {windows fired, messages put, due of the earliest window left (-1: none)}. Error LULLSTALE when the revision is not current.
-- Per key there is at most one message and one successor: a newer change for a waiting key is merged into it, for a leased
-- key it goes into the successor (field "+key").
-- O(windows · (log windows + subscribers of the bit · log queue)). Moves data from windows to queues: allowed at maxmemory.
--@include lib/types.lua
--@include lib/message.lua
--@include lib/window.lua
--@include lib/endpoint.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset'})
if wrong then return wrong end
local now, stopAt, mostWindows, firstRetry = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if not (now and stopAt and mostWindows and firstRetry) or (#ARGV - 5) / 2 ~= (#KEYS - 5) / 3 then
  return redis.error_reply('LULLARG fire')
end
if (redis.call('HGET', KEYS[1], 'rev') or '0') ~= ARGV[2] then return redis.error_reply('LULLSTALE registry') end

local subscribers = {}
for i = 1, (#ARGV - 5) / 2 do
  subscribers[i] = {id = ARGV[4 + 2 * i], mask = tonumber(ARGV[5 + 2 * i]), q = KEYS[3 + 3 * i], m = KEYS[4 + 3 * i], s = KEYS[5 + 3 * i]}
end
for _, e in ipairs(subscribers) do
  if not e.mask then return redis.error_reply('LULLARG fire mask') end
end
local byBit = {}
local function subscribed(changeType)
  if not byBit[changeType] then
    local list = {}
    for _, e in ipairs(subscribers) do
      if bit.band(e.mask, changeType) ~= 0 then list[#list + 1] = e end
    end
    byBit[changeType] = list
  end
  return byBit[changeType]
end

-- First pass, reading only: which windows, and whether every key they lead to has the right type.
local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, mostWindows)
local total, last = 0, 0
for i = 1, #due, 2 do
  local targets = subscribed(tonumber(string.match(due[i], '^%d+')))
  if total > 0 and total + #targets > stopAt then break end
  total, last = total + #targets, i
  for _, e in ipairs(targets) do
    if not e.state then
      wrong = wrongType({e.q, 'zset', e.m, 'hash', e.s, 'hash'})
      if wrong then return wrong end
      e.state = readState(e.s)
      if not e.state then return redis.error_reply('LULLSTALE endpoint') end
    end
  end
end

redis.call('HDEL', KEYS[1], '')
local created, superseded, messages = 0, 0, 0
local function put(e, key, w, windowDue)
  created = created + 1
  local newer = {upto = w.upto, events = w.events, occurred = w.occurred, winSeq = w.winSeq, trace = w.trace, payload = w.payload,
    stamp = activeClock(e.state, now), windowDue = windowDue}
  local field, packed = key, redis.call('HGET', e.m, key)
  if packed and has(readMessage(packed), LEASED) then
    field = '+' .. key
    packed = redis.call('HGET', e.m, field)
  end
  local m
  if packed then
    superseded = superseded + 1
    m = readMessage(packed)
    -- Its place in the queue is when it is due: a retry by hand or a closed breaker moved only that.
    if field == key then m.due = tonumber(redis.call('ZSCORE', e.q, key) or m.due) end
    local before = m.due
    mergeWaiting(m, newer, now, firstRetry)
    if field == key and m.due ~= before then redis.call('ZADD', e.q, text(m.due), key) end
  else
    m = newer
    m.flags, m.idSeq, m.attempts, m.losses, m.token, m.firstFailed, m.due = 0, w.upto, 0, 0, 0, 0, now
    if field == key then redis.call('ZADD', e.q, text(now), key) end
  end
  redis.call('HSET', e.m, field, packMessage(m))
  if field == key and not e.state.paused then
    local wake = math.max(m.due, e.state.gate, e.state.openUntil)
    if not e.wake or wake < e.wake then e.wake = wake end
  end
  messages = messages + 1
end

local windows = 0
for i = 1, last, 2 do
  local key = due[i]
  local packed = redis.call('HGET', KEYS[4], key)
  redis.call('ZREM', KEYS[3], key)
  redis.call('HDEL', KEYS[4], key)
  if packed then
    windows = windows + 1
    local w = readWindow(packed)
    for _, e in ipairs(subscribed(tonumber(string.match(key, '^%d+')))) do put(e, key, w, tonumber(due[i + 1])) end
  end
end
for _, e in ipairs(subscribers) do
  if e.wake then redis.call('ZADD', KEYS[5], 'LT', text(e.wake), e.id) end
end
if created > 0 then redis.call('HINCRBY', KEYS[2], 'created', created) end
if superseded > 0 then redis.call('HINCRBY', KEYS[2], 'superseded', superseded) end
if windows > 0 and now > tonumber(redis.call('HGET', KEYS[1], 'lastFire') or 0) then redis.call('HSET', KEYS[1], 'lastFire', text(now)) end
local left = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
return {windows, messages, tonumber(left[2] or -1)}
