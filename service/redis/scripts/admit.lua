-- admit.lua: gives each event its sequence, remembers its idempotency id, and opens or extends the window of its item key.
-- KEYS  1 meta (hash)  2 counters (hash)  3 window index (zset key → due)  4 windows (hash key → packed)
--       5 sequences by idempotency id (hash)  6 until when the ids are remembered (zset)
-- ARGV  1 now ms  2 interval ms  3 max wait ms  4 idempotency window ms  5 number of events
--       then per event: item key, occurredAt ms or "" (now), traceparent or "", payload, idempotency id or ""
-- Reply {earliest due ms of the windows touched (-1: none), then the sequence of each event; of a repeat its first one, negated}
-- A window is due at min(now + interval, first + max wait). An overdue window still takes events, but its due time no longer moves.
-- O(events · log windows). Refused at maxmemory before anything is written (its first write is a HINCRBY).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/window.lua
--@include lib/ids.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'hash', KEYS[6], 'zset'})
if wrong then return wrong end
local now, interval, maxWait, keepIds, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if not (now and interval and maxWait and keepIds and count) or #ARGV ~= 5 + 5 * count then
  return redis.error_reply('LULLARG admit')
end
-- The clock of this replica may lag a few ms behind that of the one that fired last. With the later time two windows of a key never fire
-- closer than the interval. A time that is further ahead is no lag but damage.
local lastFire = tonumber(redis.call('HGET', KEYS[1], 'lastFire') or 0)
if lastFire < now + 60000 then now = math.max(now, lastFire) end

-- The first pass only reads: it finds ids that are known already, or appear twice in this call.
local ids = {}
for i = 1, count do
  if ARGV[5 * i + 5] ~= '' then ids[#ids + 1] = ARGV[5 * i + 5] end
end
local known = knownIds(KEYS[5], KEYS[6], ids, now)
local first, issued, fresh = {}, {}, 0
for i = 1, count do
  local id = ARGV[5 * i + 5]
  if id ~= '' then
    first[i] = issued[id] or string.match(known[id] or '', '^%d+$')
    if not first[i] then issued[id] = i end
  end
  if not first[i] then fresh = fresh + 1 end
end

-- The windows of the new events are read together and written together.
local windows, keys, found, unreadable = {}, {}, {}, {}
for i = 1, count do
  local key = ARGV[5 * i + 1]
  if not first[i] and not windows[key] then
    windows[key] = {}
    keys[#keys + 1] = key
  end
end
for i, packed in ipairs(askAll('HMGET', KEYS[4], keys)) do
  if packed and isWindow(packed) then
    windows[keys[i]] = readWindow(packed)
    found[#found + 1] = keys[i]
  elseif packed then
    unreadable[#unreadable + 1] = keys[i]
  end
end
if #unreadable > 0 then return damaged('window', '', unreadable) end
for i, due in ipairs(askAll('ZMSCORE', KEYS[3], found)) do
  local window = windows[found[i]]
  window.due, window.moved = due and timeOf(due) or now, not due
end

local function join(window, occurred, trace, payload, sequence)
  local moved = math.min(now + interval, window.first + maxWait)
  if window.due > now and moved ~= window.due then window.due, window.moved = moved, true end
  if occurred >= window.occurred then window.payload, window.occurred, window.winSeq = payload, occurred, sequence end
  window.events = math.min(window.events + 1, 4294967295)
  window.upto = sequence
  if trace ~= '' then window.trace = trace end
end

local function open(window, occurred, trace, payload, sequence)
  window.due, window.moved = math.min(now + interval, now + maxWait), true
  window.first, window.upto, window.events, window.occurred, window.winSeq = now, sequence, 1, occurred, sequence
  window.trace, window.payload = trace, payload
end

local reply = {-1}
local sequence = fresh > 0 and redis.call('HINCRBY', KEYS[1], 'seq', fresh) - fresh or 0
local coalesced, remembered = 0, {}
for i = 1, count do
  local repeated = first[i]
  if repeated then
    -- `repeated` is a number when the id appeared earlier in this call: the place of that event. It is a text when the id is known from an
    -- earlier call: the sequence it got then.
    reply[1 + i] = -(type(repeated) == 'number' and reply[1 + repeated] or tonumber(repeated))
  else
    sequence = sequence + 1
    reply[1 + i] = sequence
    local at = 5 * i
    local occurred, trace, payload, id = tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
    occurred = math.min(occurred or now, now)
    if id ~= '' then remembered[#remembered + 1], remembered[#remembered + 2] = id, text(sequence) end
    local window = windows[ARGV[at + 1]]
    if window.first then
      coalesced = coalesced + 1
      join(window, occurred, trace, payload, sequence)
    else
      open(window, occurred, trace, payload, sequence)
    end
    if reply[1] < 0 or window.due < reply[1] then reply[1] = window.due end
  end
end

local dues, contents = {}, {}
for _, key in ipairs(keys) do
  local window = windows[key]
  if window.moved then dues[#dues + 1], dues[#dues + 2] = text(window.due), key end
  contents[#contents + 1], contents[#contents + 2] = key, packWindow(window)
end
callAll('ZADD', KEYS[3], dues)
callAll('HSET', KEYS[4], contents)
rememberIds(KEYS[5], KEYS[6], remembered, now + keepIds)
if fresh > 0 then forgetIds(KEYS[5], KEYS[6], now, 100 + fresh) end
bump(KEYS[2], 'accepted', fresh)
bump(KEYS[2], 'coalesced', coalesced)
return reply
