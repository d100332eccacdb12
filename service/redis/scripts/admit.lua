-- admit.lua: gives each event its sequence, remembers its idempotency id, opens or extends the window of its item key, and appends the
-- event to the stream when some endpoint takes its change type unmerged.
-- KEYS  1 meta (hash)  2 counters (hash)  3 window index (zset key → due)  4 windows (hash key → packed)
--       5 sequences by idempotency id (hash)  6 until when the ids are remembered (zset)
--       7 stream (list, lib/stream.lua)  8 part: the tokens of the caller's last two calls that ended inside a request and ran, the
--       newest first (string, kept for 60 s)
-- ARGV  1 now ms  2 interval ms  3 max wait ms  4 idempotency window ms  5 number of events
--       6 the token of the call before this one, when this one begins inside a request; else ""
--       7 a token of this call, when it ends inside a request; else ""
--       then per event: item key, occurredAt ms or "" (now), traceparent or "", payload, idempotency id or ""
-- Reply {earliest due ms of the windows touched (-1: none), how many events were appended to the stream,
--        then the sequence of each event; of a repeat its first one, negated; then the revision of the registry}
-- LULLPART when the call before this one was refused, or is long ago. The two were sent without waiting, so that a large request is fast;
-- if this one ran alone, its events would stand in front of those that come before them in the request.
-- A window is due at min(now + interval, first + max wait). An overdue window still takes events, but its due time no longer moves.
-- The stream gets the new events in the order of their sequences; repeats are not appended. Which change types are taken is the mask
-- `every` of the meta hash. When it cannot be read, all are: an event too many in the stream is dropped later, one too few is lost.
-- The windows of the change types in the mask `filtered` say what filters are judged by, as far as that is known of all their events.
-- O(events · log windows). Refused at maxmemory before anything is written (its first write is a HINCRBY; when all events are repeats, a
-- SET or none).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/window.lua
--@include lib/facts.lua
--@include lib/ids.lua
--@include lib/key.lua
--@include lib/stream.lua
--@include lib/takers.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'hash', KEYS[6], 'zset',
  KEYS[7], 'list', KEYS[8], 'string'})
if wrong then return wrong end
local now, interval, maxWait, keepIds, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if not (now and interval and maxWait and keepIds and count) or #ARGV ~= 7 + 5 * count then
  return redis.error_reply('LULLARG admit')
end
local after, token = ARGV[6], ARGV[7]
-- Two calls are in flight. When the first is sent again, the second may have run already and have left its own token here.
local ran = redis.call('GET', KEYS[8]) or ''
if after ~= '' and not string.find(' ' .. ran .. ' ', ' ' .. after .. ' ', 1, true) then
  return redis.error_reply('LULLPART the call before this one did not run')
end
-- The clock of this replica may lag a few ms behind that of the one that fired last. With the later time two windows of a key never fire
-- closer than the interval. A time that is further ahead is no lag but damage.
local meta = redis.call('HMGET', KEYS[1], 'lastFire', 'every', 'filtered')
local lastFire = tonumber(meta[1] or 0)
if lastFire < now + 60000 then now = math.max(now, lastFire) end

local every = bitsOfEvery(meta[2])
local filtered = meta[3] and isWhole(meta[3]) and tonumber(meta[3]) or 0

-- The first pass only reads: it finds ids that are known already, or appear twice in this call, and the events for the stream.
local ids = {}
for i = 1, count do
  if ARGV[5 * i + 7] ~= '' then ids[#ids + 1] = ARGV[5 * i + 7] end
end
local known = knownIds(KEYS[5], KEYS[6], ids, now)
local first, issued, fresh, taken = {}, {}, 0, {}
for i = 1, count do
  local id = ARGV[5 * i + 7]
  if id ~= '' then
    first[i] = issued[id] or string.match(known[id] or '', '^%d+$')
    if not first[i] then issued[id] = i end
  end
  if not first[i] then
    fresh = fresh + 1
    local raised = every ~= 0 and bitOf(ARGV[5 * i + 3])
    if raised and bit.band(every, raised) ~= 0 then taken[i] = raised end
  end
end

-- The windows of the new events are read together and written together.
local windows, keys, found, unreadable = {}, {}, {}, {}
for i = 1, count do
  local key = ARGV[5 * i + 3]
  if not first[i] and not windows[key] then
    windows[key] = {says = filtered ~= 0 and bit.band(filtered, bitOf(key)) ~= 0}
    keys[#keys + 1] = key
  end
end
for i, packed in ipairs(askAll('HMGET', KEYS[4], keys)) do
  if packed and isWindow(packed) then
    local says = windows[keys[i]].says
    windows[keys[i]] = readWindow(packed)
    windows[keys[i]].says = says
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
  if window.facts ~= '' then window.facts = window.says and facts().joined(window.facts, facts().of(payload)) or '' end
  window.events = math.min(window.events + 1, 4294967295)
  window.upto, window.last = sequence, now
  if trace ~= '' then window.trace = trace end
end

local function open(window, occurred, trace, payload, sequence)
  window.due, window.moved = math.min(now + interval, now + maxWait), true
  window.first, window.upto, window.events, window.occurred, window.winSeq = now, sequence, 1, occurred, sequence
  window.last, window.firstSeq = now, sequence
  window.trace, window.payload = trace, payload
  window.facts = window.says and facts().bounded(facts().of(payload)) or ''
end

-- Returns event i as it stands in the stream.
local function streamed(i, occurred, sequence)
  local at = 5 * i + 2
  return packStreamEvent({sequence = sequence, admitted = now, occurred = occurred, bit = taken[i], item = ARGV[at + 1],
    trace = ARGV[at + 3], payload = ARGV[at + 4]})
end

local reply = {-1, 0}
local sequence = fresh > 0 and redis.call('HINCRBY', KEYS[1], 'seq', fresh) - fresh or 0
local coalesced, remembered, events = 0, {}, {}
for i = 1, count do
  local repeated = first[i]
  if repeated then
    -- `repeated` is a number when the id appeared earlier in this call: the place of that event. It is a text when the id is known from an
    -- earlier call: the sequence it got then.
    reply[2 + i] = -(type(repeated) == 'number' and reply[2 + repeated] or tonumber(repeated))
  else
    sequence = sequence + 1
    reply[2 + i] = sequence
    local at = 5 * i + 2
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
    if taken[i] then events[#events + 1] = streamed(i, occurred, sequence) end
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
callAll('RPUSH', KEYS[7], events)
reply[2], reply[3 + count] = #events, tonumber(metaFound.rev)
rememberIds(KEYS[5], KEYS[6], remembered, now + keepIds)
if fresh > 0 then forgetIds(KEYS[5], KEYS[6], now, 100 + fresh) end
bump(KEYS[2], 'accepted', fresh)
bump(KEYS[2], 'coalesced', coalesced)
if token ~= '' then
  local before = string.match(ran, '^%S+')
  redis.call('SET', KEYS[8], before and token .. ' ' .. before or token, 'PX', 60000)
end
return reply
