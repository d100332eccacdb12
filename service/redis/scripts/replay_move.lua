-- replay_move.lua: tells an endpoint the newest state of items that changed (lib/changes.lua), for a job, below what is told live.
-- KEYS  1 meta (hash)  2 counters (hash)  3 wake-up index (zset)  4 index (hash)  5 jobs (hash)
--       6 queue q (zset)  7 messages m (hash)  8 leases l (zset)  9 state s (hash)  of its lanes 10 b (zset)  11 h (hash)  12 x (zset)
-- ARGV  1 endpoint id  2 now ms  3 first retry delay ms  4 number of the job  5 token of the process that runs it  6 mark (replay_mark.lua)
--       7 how many of the endpoint's messages may be due at most
--       then per item, in the order in which they changed: item key, `upto` of its entry as it was seen
-- Reply {items dealt with, done (told, or queued already), skipped (changed since the mark and so told live, not wanted any more, or gone from the
-- index)}; {-1, 0, 0} when the endpoint does not exist, is called within requests or is a mailbox, {-2, 0, 0} when the job has ended, or another process runs
-- it.
-- It stops at the first item for which the endpoint has no room: as many messages as it may have are due already, or, of an endpoint with
-- lanes, are queued. So what is told live waits for no more than those. The job's counts, and its place behind the last item that was dealt
-- with, are written in the same step.
-- An item whose message is queued already is merged into it, like any newer change; what is queued is not made due for it. An endpoint with lanes gets
-- each item as a message of its own, at the end of its lane.
-- O(items · log queue). Refused when Redis is full.
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/change_index.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/line.lua
--@include lib/retried.lua
--@include lib/job.lua
local FIXED = 7
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'hash', KEYS[6], 'zset',
  KEYS[7], 'hash', KEYS[8], 'zset', KEYS[9], 'hash', KEYS[10], 'zset', KEYS[11], 'hash', KEYS[12], 'zset'})
if wrong then return wrong end
local id, now, firstRetry, number, token = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local mark, mostDue = tonumber(ARGV[6]), tonumber(ARGV[7])
if not (now and firstRetry and mark and mostDue) or #ARGV % 2 ~= 1 or #ARGV < FIXED or not isWhole(number) then
  return redis.error_reply('LULLARG replay_move')
end
if not holdsJob(KEYS[5], number, token) then return {-2, 0, 0} end
local e = {id = id, q = KEYS[6], m = KEYS[7], l = KEYS[8], s = KEYS[9], b = KEYS[10], h = KEYS[11], x = KEYS[12],
  state = readState(KEYS[9])}
local state = e.state
if not state then return {-1, 0, 0} end
if state.damaged then return damaged('state', id, {}) end
if state.wasLaned and not state.sync and not readLanesState(e.s, state) then return damaged('state', id, {}) end
if (state.sync == 1 and state.lanes == 0) or state.mailbox == 1 then return {-1, 0, 0} end
local keys, seen, fields = {}, {}, {}
for i = FIXED + 1, #ARGV, 2 do
  local n = #keys + 1
  keys[n], seen[n], fields[2 * n - 1], fields[2 * n] = ARGV[i], ARGV[i + 1], ARGV[i], successorOf(ARGV[i])
end
local stored = state.lanes == 0 and askAll('HMGET', e.m, fields) or {}
for i = 1, #fields do
  if stored[i] and not isMessage(stored[i]) then return damaged('message', id, {keyOf(fields[i])}) end
end

local nextPlace, stamp = lineUp(e.q, now), activeClock(state, now)
local room = mostDue - (state.lanes > 0 and redis.call('HLEN', e.m) or redis.call('ZCOUNT', e.q, '-inf', text(now)))
local created, superseded, done, skipped, dealt, earliest = 0, 0, 0, 0, 0, nil

-- Returns the entry of the item when the endpoint is to be told of it; nil when not.
local function told(i, packed)
  local c = packed and readChange(packed)
  if not c or c.fired >= mark or text(c.upto) ~= seen[i] then return nil end
  if bit.band(state.mask, bitOf(keys[i])) == 0 then return nil end
  if not state.filter then return c end
  -- Neither scope nor changed fields are known. A filter that asks for them was set after the replay began, and lets the item pass.
  return facts().wants(state, string.char(c.operation + 16 + 32) .. '\255t' .. c.eventType .. '\255') and c or nil
end

local function messageOf(c, item)
  local idSeq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  return {flags = REPLAY, idSeq = idSeq, upto = c.upto, events = 1, attempts = 0, losses = 0, token = 0, firstFailed = 0, stamp = stamp,
    occurred = c.occurred, winSeq = c.winSeq, due = now, windowDue = now, step = 0, entryDue = now, item = item, trace = '',
    payload = payloadOfChange(c.eventType, c.operation, c.base)}
end

-- The queued message is older than the item's newest state, because the endpoint was not told of that when it fired. It takes that in, under an
-- id of its own when it was attempted. The queue's score is the due time that counts.
local function mergeInto(field, packed, c, isSuccessor)
  local queued, newer = readMessage(packed), messageOf(c, '')
  local wasAttempted = has(queued, ATTEMPTED)
  if not isSuccessor then queued.due = dueOf(redis.call('ZSCORE', e.q, field) or queued.due) end
  local before = queued.due
  mergeWaiting(queued, newer, now, firstRetry)
  if not isSuccessor and queued.due ~= before then
    redis.call('ZADD', e.q, text(queued.due), field)
    earliest = earliest or queued.due
  end
  if wasAttempted then queued.idSeq = newer.idSeq end
  redis.call('HSET', e.m, field, packMessage(queued))
  created, superseded = created + 1, superseded + 1
end

local function wait(field, c)
  redis.call('HSET', e.m, field, packMessage(messageOf(c, '')))
  created = created + 1
end

-- Returns whether there was room.
local function tellDebounced(i, c)
  local packed, successor = stored[2 * i - 1], stored[2 * i]
  if not packed then
    if room <= 0 then return false end
    wait(keys[i], c)
    redis.call('ZADD', e.q, nextPlace(), keys[i])
    room, earliest = room - 1, now
    return true
  end
  local _, upto = contentOf(packed)
  if upto >= c.upto then return true end
  if not isLeased(packed) then
    mergeInto(keys[i], packed, c, false)
  elseif not successor then
    wait(successorOf(keys[i]), c)
  elseif select(2, contentOf(successor)) < c.upto then
    mergeInto(successorOf(keys[i]), successor, c, true)
  end
  return true
end

local function tellInLane(i, c)
  if room <= 0 then return false end
  local m = messageOf(c, keys[i])
  lanes().append(e, keyAt(laneOf(state.lanes, keys[i]), m.idSeq), packMessage(m), now)
  room, created, earliest = room - 1, created + 1, now
  return true
end

local tell = state.lanes > 0 and tellInLane or tellDebounced
for i, packed in ipairs(askAll('HMGET', KEYS[4], keys)) do
  local c = told(i, packed)
  if c and not tell(i, c) then break end
  dealt = i
  if c then done = done + 1 else skipped = skipped + 1 end
end
if dealt > 0 then
  addToJob(KEYS[5], number, 'done', done)
  addToJob(KEYS[5], number, 'skipped', skipped)
  redis.call('HSET', KEYS[5], number .. '|at', seen[dealt])
end
bump(KEYS[2], 'created', created)
bump(KEYS[2], 'superseded', superseded)
if earliest and not state.paused then scheduleEndpoint(KEYS[3], e, state, now, false) end
return {dealt, done, skipped}
