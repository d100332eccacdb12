-- letters_retry.lua: puts dead letters of one endpoint back into its queue: due now, under the same webhook-id, with no attempts yet.
-- KEYS  1 meta (hash)  2 counters (hash)  3 wake-up index (zset)  4 dead letters of all endpoints (zset)
--       5 queue q (zset)  6 messages m (hash)  7 leases l (zset)  8 state s (hash)  9 letters d (hash)  10 their order z (zset)
--       of its lanes 11 b (zset)  12 h (hash)  13 x (zset)  14 groups of dead letters (zset)  15 jobs (hash)
--       16 last retries of groups (hash)  17 notices about mailboxes (zset)
-- ARGV  1 endpoint id  2 now ms  3 first retry delay ms  4 superseded letters as well 0|1
--       5 most messages and 6 most bytes that an endpoint with lanes may have queued
--       7 number of this retry: of the job that does it, or of an earlier call of the same retry; "0" draws one with the first letter
--       8 token of the process that runs the job, "" when it is no job
--       then what was seen of each letter: key, death; they are sent in this order
-- Reply {retried, skipped (superseded, no longer subscribed, or no room in the queue), gone (removed or changed since it was seen), 1 when
-- they were put at the ends of their lanes, else 0, the number of the retry}; {-1, 0, 0, 0, 0} when the endpoint does not exist, and
-- {-2, 0, 0, 0, 0} when the job has ended, or another process runs it.
-- A letter whose key has a message in the queue is merged into it: the newer of the two contents stays. If that message waits, it is made
-- due now. Park and breaker stay as they are. An endpoint with lanes gets each letter as a message of its own, at the end of its lane.
-- Clients that wait for messages of a mailbox are told.
-- O(letters · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/letter.lua
--@include lib/line.lua
--@include lib/retried.lua
--@include lib/job.lua
--@include lib/mail_notice.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'zset', KEYS[5], 'zset', KEYS[6], 'hash',
  KEYS[7], 'zset', KEYS[8], 'hash', KEYS[9], 'hash', KEYS[10], 'zset',
  KEYS[11], 'zset', KEYS[12], 'hash', KEYS[13], 'zset', KEYS[14], 'zset', KEYS[15], 'hash', KEYS[16], 'hash',
  KEYS[17], 'zset'})
if wrong then return wrong end
local id, now, firstRetry = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local mostQueued, mostQueuedBytes = tonumber(ARGV[5]), tonumber(ARGV[6])
if not (now and firstRetry and mostQueued and mostQueuedBytes) or #ARGV % 2 ~= 0 or #ARGV < 8 or not isWhole(ARGV[7]) then
  return redis.error_reply('LULLARG letters_retry')
end
local number, token = ARGV[7], ARGV[8]
if token ~= '' and not holdsJob(KEYS[15], number, token) then return {-2, 0, 0, 0, 0} end
local state = readState(KEYS[8])
if not state then return {-1, 0, 0, 0, 0} end
if state.damaged then return damaged('state', id, {}) end
for i = 9, #ARGV, 2 do
  local letter = redis.call('HGET', KEYS[9], ARGV[i])
  if letter and not isLetter(letter) then return damaged('letter', id, {ARGV[i]}) end
  for _, packed in ipairs(redis.call('HMGET', KEYS[6], ARGV[i], successorOf(ARGV[i]))) do
    if packed and not isMessage(packed) then return damaged('message', id, {ARGV[i]}) end
  end
end
local e = {id = id, q = KEYS[5], m = KEYS[6], l = KEYS[7], s = KEYS[8], b = KEYS[11], h = KEYS[12], x = KEYS[13],
  state = state}
redis.call('HDEL', KEYS[1], '')
-- A mailbox is read in the order of due times, which do not decrease (`lastFan`, fan.lua), whichever replica's clock lags.
local function endOfMailbox()
  local lastFan = redis.call('HGET', KEYS[1], 'lastFan')
  lastFan = lastFan and isWhole(lastFan) and tonumber(lastFan) or 0
  if lastFan < now + 60000 then now = math.max(now, lastFan) end
  redis.call('HSET', KEYS[1], 'lastFan', text(now))
end
if state.mailbox == 1 then endOfMailbox() end
local retried, skipped, gone, superseded, counts = 0, 0, 0, 0, {}
local at = {counters = KEYS[2], all = KEYS[4], letters = KEYS[9], own = KEYS[10], groups = KEYS[14]}
local nextPlace = lineUp(KEYS[5], now)

local function store(field, m) redis.call('HSET', KEYS[6], field, packMessage(m)) end

-- Makes the message due now. A message that is due already keeps its place.
local function makeDue(key)
  local due = redis.call('ZSCORE', KEYS[5], key)
  if not due or tonumber(due) > now then redis.call('ZADD', KEYS[5], nextPlace(), key) end
end

local function storeAfresh(field, m)
  m.flags = ATTEMPTED
  startAnew(m, now)
  store(field, m)
end

-- Merges a letter that is newer than the queued message into it, like any newer change.
local function mergeNewer(field, queued, m)
  mergeWaiting(queued, m, now, firstRetry)
  store(field, queued)
end

-- The message gets a position of its own, behind everything that was accepted so far. Returns whether there was room for it.
local function reviveInLane(key, m)
  local item = itemOf(key, packMessage(m))
  m.stamp, m.flags = activeClock(state, now), ATTEMPTED + REPLAY
  startAnew(m, now)
  local packed = packMessage(m)
  if redis.call('HLEN', KEYS[6]) >= mostQueued or state.bytes + weightOf(key, packed) > mostQueuedBytes then return false end
  lanes().append(e, keyAt(laneOf(state.lanes, item), redis.call('HINCRBY', KEYS[1], 'seq', 1)), packed, now)
  return true
end

-- Returns whether the letter is in the queue now.
local function revive(key, m)
  if state.lanes > 0 then return reviveInLane(key, m) end
  m.stamp = activeClock(state, now)
  local packed = redis.call('HGET', KEYS[6], key)
  local queued = packed and readMessage(packed)
  local leased = queued and has(queued, LEASED)
  local older = queued and queued.upto < m.upto
  if not queued then
    storeAfresh(key, m)
  elseif older and leased then
    local successor = redis.call('HGET', KEYS[6], successorOf(key))
    if not successor then
      storeAfresh(successorOf(key), m)
      return true
    end
    mergeNewer(successorOf(key), readMessage(successor), m)
  elseif older then
    mergeNewer(key, queued, m)
  end
  if queued then superseded = superseded + 1 end
  if not leased then makeDue(key) end
  return true
end

-- Returns the message of a letter, which from now on says by what it was revived.
local function revivedOf(letter, cause)
  if number == '0' then number = text(redis.call('HINCRBY', KEYS[1], 'letter', 1)) end
  local m = readMessage(letter.message)
  m.origin = number .. '|' .. cause
  return m
end

for i = 9, #ARGV, 2 do
  local key = ARGV[i]
  local packed = letterAsSeen(KEYS[9], key, ARGV[i + 1])
  local letter = packed and readLetter(packed)
  local cause = letter and causeOf(letter.reason, letter.status, letter.class)
  if not letter then
    gone = gone + 1
  elseif letter.supersededAt > 0 and ARGV[4] == '0' then
    skipped = skipped + 1
  elseif not wanted(state, key, letter.message, true) or not revive(key, revivedOf(letter, cause)) then
    skipped = skipped + 1
  else
    retried = retried + 1
    for _, name in ipairs(groupNames(id, cause, bitIn(key, letter.message))) do counts[name] = (counts[name] or 0) + 1 end
    removeLetter(at, id, key, letter, 'retried')
  end
end
noteRetried(KEYS[16], number, counts, now)
if token ~= '' and retried > 0 then addToJob(KEYS[15], number, 'done', retried) end
bump(KEYS[2], 'revived', retried)
bump(KEYS[2], 'superseded', superseded)
if state.mailbox == 1 and retried > 0 then tellMail(KEYS[17], id, now) end
scheduleEndpoint(KEYS[3], e, state, now, false)
return {retried, skipped, gone, state.lanes > 0 and 1 or 0, tonumber(number)}
