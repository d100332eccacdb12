-- queue_purge.lua: cancels messages of one endpoint, waiting or leased.
-- KEYS  1 meta (hash)  2 counters (hash)  3 wake-up index (zset)  4 queue q (zset)  5 messages m (hash)  6 leases l (zset)
--       7 state s (hash)  8 history t (hash)  of its lanes 9 b (zset)  10 h (hash)  11 x (zset)
-- ARGV  1 endpoint id  2 now ms  3, 4 the mark of when the call began (queue_mark.lua): sequence, active clock ms
--       5 only messages that wait for a change type to which the endpoint does not subscribe 0|1
--       then per message that was seen: key, sequence of its webhook-id, upto; or key, 0, 0 for whatever the key has
-- Reply {keys of which a message was cancelled, messages cancelled (successors included)}.
-- In a lane, a message that was queued before the mark is cancelled wherever it stands; a leased one leaves a tombstone (lib/lane.lua).
-- Content that was queued after the mark stays. When a message is cancelled and its successor is not, the successor waits in its place,
-- unless the endpoint does not subscribe to its change type any more. Of the named messages those that stand behind a head are cancelled first:
-- when their head went first, those that the endpoint's filter refuses would be cancelled on the way, and not be among the keys of the reply.
-- O(keys · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
local FAR_AHEAD = 60000
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'zset', KEYS[5], 'hash', KEYS[6], 'zset', KEYS[7], 'hash',
  KEYS[8], 'hash', KEYS[9], 'zset', KEYS[10], 'hash', KEYS[11], 'zset'})
if wrong then return wrong end
local now, sequence, clock = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not (now and sequence and clock and string.match(ARGV[5] or '', '^[01]$')) or (#ARGV - 5) % 3 ~= 0 then
  return redis.error_reply('LULLARG queue_purge')
end
local state = readState(KEYS[7])
if not state then return {0, 0} end
if state.damaged then return damaged('state', ARGV[1], {}) end
local e = {id = ARGV[1], q = KEYS[4], m = KEYS[5], l = KEYS[6], s = KEYS[7], t = KEYS[8], b = KEYS[9], h = KEYS[10], x = KEYS[11],
  state = state}
local unreadable = {}
for i = 6, #ARGV, 3 do
  for _, packed in ipairs(redis.call('HMGET', KEYS[5], ARGV[i], successorOf(ARGV[i]))) do
    if packed and not isMessage(packed) then unreadable[#unreadable + 1] = ARGV[i] end
  end
end
if #unreadable > 0 then return damaged('message', ARGV[1], unreadable) end
redis.call('HDEL', KEYS[1], '')
local keys, cancelled = 0, 0

-- A message whose stamp is far in the future was queued while a clock was wrong, not after the mark.
local future = activeClock(state, now) + FAR_AHEAD
local function isOlder(key, packed)
  -- Becoming the head of its lane gave the message a new stamp, but no new position.
  local _, position = placeOf(key)
  if position then return tonumber(position, 16) <= sequence end
  local _, upto = contentOf(packed)
  local stamp = stampOf(packed)
  return upto <= sequence and (stamp <= clock or stamp > future)
end

local function isMeant(key, packed, idSeq, upto)
  if ARGV[5] == '1' and (isLeased(packed) or wanted(state, key, packed)) then return false end
  if not isOlder(key, packed) then return false end
  local foundId, foundUpto = contentOf(packed)
  return idSeq == '0' or (text(foundId) == idSeq and text(foundUpto) == upto)
end

local function leaveSuccessor(key, successor)
  cancelMessage(e, key, nil, now)
  redis.call('HSET', KEYS[5], key, successor)
  redis.call('ZADD', KEYS[4], text(readMessage(successor).due), key)
end

local function purge(key, idSeq, upto)
  local packed = redis.call('HGET', KEYS[5], key)
  if not packed or not isMeant(key, packed, idSeq, upto) then return end
  keys = keys + 1
  local successor = state.lanes == 0 and redis.call('HGET', KEYS[5], successorOf(key))
  if successor and wanted(state, key, successor) and not (idSeq == '0' and isOlder(key, successor)) then
    cancelled = cancelled + 1
    leaveSuccessor(key, successor)
  else
    cancelled = cancelled + cancelMessage(e, key, packed, now)
  end
end

local others = {}
for i = 6, #ARGV, 3 do
  if state.lanes > 0 and redis.call('ZSCORE', e.b, ARGV[i]) then
    purge(ARGV[i], ARGV[i + 1], ARGV[i + 2])
  else
    others[#others + 1] = i
  end
end
for _, i in ipairs(others) do purge(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
bump(KEYS[2], 'cancelled', cancelled)
scheduleEndpoint(KEYS[3], e, state, now, false)
return {keys, cancelled}
