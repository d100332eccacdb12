-- aside_messages.lua: sets aside messages of one endpoint that cannot be read. A successor that can be read becomes the waiting message,
-- and a lane whose head is set aside goes on with its next message.
-- KEYS  1 meta (hash)  2 counters (hash)  3 what was set aside (hash)  4 wake-up index (zset)  5 queue q (zset)  6 messages m (hash)
--       7 leases l (zset)  8 state s (hash)  9 history t (hash)  of its lanes 10 b (zset)  11 h (hash)  12 x (zset)
-- ARGV  1 endpoint id  2 now ms  then per message: key, the packed value that a reader could not read, or "" when this script is to check its form
-- Reply: how many were set aside. A key counts, too, when it is in the queue, among the leases or has a successor, but has no message.
-- Each message that was set aside counts as cancelled (I8). Of a missing one nobody can tell whether it ever existed. So the counters are
-- marked as unbalanced, and balance.lua corrects them.
-- O(messages · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/aside.lua
--@include lib/message.lua
--@include lib/batch.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash', KEYS[4], 'zset', KEYS[5], 'zset', KEYS[6], 'hash', KEYS[7],
  'zset', KEYS[8], 'hash', KEYS[9], 'hash', KEYS[10], 'zset', KEYS[11], 'hash', KEYS[12], 'zset'})
if wrong then return wrong end
if #ARGV % 2 ~= 0 or not tonumber(ARGV[2]) then return redis.error_reply('LULLARG aside_messages') end
redis.call('HDEL', KEYS[1], '')
local id, count, cancelled = ARGV[1], 0, 0
local e = {id = id, q = KEYS[5], m = KEYS[6], l = KEYS[7], s = KEYS[8], t = KEYS[9], b = KEYS[10], h = KEYS[11], x = KEYS[12],
  state = readState(KEYS[8])}
-- Without a state nothing is known of lanes. restore_state.lua makes it anew, and the audit finds what a lane is left with.
if e.state and e.state.damaged then e.state = nil end
local hasLanes = e.state and e.state.lanes > 0

local function take(field, packed)
  count = count + 1
  redis.call('HDEL', KEYS[6], field)
  setAside(KEYS[2], KEYS[3], 'message|' .. id .. '|' .. field, packed or '', packed and 1 or 0)
end

local function takeSuccessor(key, packed)
  redis.call('HDEL', KEYS[6], successorOf(key))
  redis.call('HSET', KEYS[6], key, packed)
  redis.call('ZADD', KEYS[5], text(readMessage(packed).due), key)
end

for i = 3, #ARGV, 2 do
  local key, seen = ARGV[i], ARGV[i + 1]
  local packed, newer = redis.call('HGET', KEYS[6], key), redis.call('HGET', KEYS[6], successorOf(key))
  local listed = redis.call('ZSCORE', KEYS[5], key) or redis.call('ZSCORE', KEYS[7], key) or redis.call('ZSCORE', KEYS[10], key)
    or redis.call('ZSCORE', KEYS[12], key)
  listed = listed and redis.call('HEXISTS', KEYS[11], tombstoneOf(key)) == 0
  local bad = packed and (not isMessage(packed) or packed == seen or bitIn(key, packed) == 0)
  if newer and (not isMessage(newer) or newer == seen) then
    take(successorOf(key), newer)
    newer = nil
  end
  if bad or (not packed and (listed or newer)) then
    take(key, packed)
    for _, order in ipairs({KEYS[5], KEYS[7], KEYS[10], KEYS[12]}) do redis.call('ZREM', order, key) end
    redis.call('HDEL', KEYS[9], key)
    if hasLanes and packed then weigh(e, -weightOf(key, packed)) end
    if hasLanes and placeOf(key) then cancelled = cancelled + lanes().promote(e, key, tonumber(ARGV[2])) end
    packed = nil
  end
  if newer and not packed then takeSuccessor(key, newer) end
end
if count > 0 then redis.call('HSET', KEYS[2], 'unbalanced', '1') end
bump(KEYS[2], 'cancelled', cancelled)
if e.state then scheduleEndpoint(KEYS[4], e, e.state, 0, false) end
return count
