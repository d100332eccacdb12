-- audit.lua: checks a part of one endpoint's queue for damage that no other script would meet: a message that is in no order of the queue,
-- a successor without a message, an entry of an order without a message, a due time that never comes, a lane that has messages but no
-- head, an endpoint that is missing from the wake-up index.
-- KEYS  1 meta (hash)  2 wake-up index (zset)  3 queue q (zset)  4 messages m (hash)  5 leases l (zset)  6 state s (hash)
--       of its lanes 7 b (zset)  8 h (hash)  9 x (zset)
-- ARGV  1 endpoint id  2 cursor of the scan, "0" to begin  3 about how many  4 now ms
-- Reply {next cursor ("0": done), how many were repaired}, or what is damaged (lib/types.lua).
-- O(count · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'hash',
  KEYS[7], 'zset', KEYS[8], 'hash', KEYS[9], 'zset'})
if wrong then return wrong end
if #ARGV ~= 4 or not isWhole(ARGV[2]) or not isWhole(ARGV[3]) or not isWhole(ARGV[4]) then return redis.error_reply('LULLARG audit') end
local id, state, now = ARGV[1], readState(KEYS[6]), tonumber(ARGV[4])
if not state or state.damaged then return damaged('state', id, {}) end
local e = {id = id, q = KEYS[3], m = KEYS[4], l = KEYS[5], s = KEYS[6], b = KEYS[7], h = KEYS[8], x = KEYS[9], state = state}
local hasLanes = state.lanes > 0

local scan = redis.call('HSCAN', KEYS[4], ARGV[2], 'COUNT', ARGV[3])
local keys, packed, unreadable = {}, {}, {}
for i = 1, #scan[2], 2 do
  local field, value = scan[2][i], scan[2][i + 1]
  local key = keyOf(field)
  local successor = key ~= field
  if not isMessage(value) or bitIn(key, value) == 0 then
    unreadable[#unreadable + 1] = key
  elseif not successor then
    keys[#keys + 1], packed[key] = key, value
  elseif redis.call('HEXISTS', KEYS[4], key) == 0 then
    unreadable[#unreadable + 1] = key
  end
end
if #unreadable > 0 then return damaged('message', id, unreadable) end
-- The sorted sets have no cursor of their own, so some entries are drawn at random: each is checked sooner or later.
for _, order in ipairs(hasLanes and {e.q, e.l, e.b, e.x} or {e.q, e.l}) do
  local some = redis.call('ZRANDMEMBER', order, ARGV[3])
  for i, value in ipairs(askAll('HMGET', KEYS[4], some)) do
    local tombstone = not value and hasLanes and redis.call('HEXISTS', e.h, tombstoneOf(some[i])) == 1
    if not value and not tombstone then unreadable[#unreadable + 1] = some[i] end
  end
end
if #unreadable > 0 then return damaged('message', id, unreadable) end

redis.call('HDEL', KEYS[1], '')
local back = 0
local function putBack(order, score, key)
  redis.call('ZADD', order, score, key)
  back = back + 1
end

-- A message that is in no order goes back to where it belongs. A lease that is put back counts as expired, so the next claim takes it over.
local function wait(key, value)
  if isLeased(value) then return putBack(e.l, 0, key) end
  if isAside(value) then return putBack(e.x, text(readMessage(value).due), key) end
  if hasLanes and state.lanes ~= EACH and placeOf(key) then
    local lane, position = placeOf(key)
    if redis.call('HEXISTS', e.h, lane) == 1 and redis.call('HGET', e.h, lane) ~= position then return putBack(e.b, 0, key) end
    redis.call('HSET', e.h, lane, position)
  end
  putBack(e.q, text(readMessage(value).due), key)
end

-- The head that a lane names is gone, or it names none although messages stand in it.
local function checkLane(key)
  local lane, position = placeOf(key)
  if not lane then return end
  local head = redis.call('HGET', e.h, lane)
  local headKey = head and keyAt(lane, tonumber(head, 16) or 0)
  if headKey and (redis.call('HEXISTS', e.m, headKey) == 1 or redis.call('HEXISTS', e.h, tombstoneOf(headKey)) == 1) then return end
  redis.call('ZREM', e.b, key)
  becomeHead(e, key, packed[key], now)
  back = back + 1
end

local orders = {}
for i, order in ipairs(hasLanes and {e.q, e.l, e.b, e.x} or {e.q, e.l}) do orders[i] = askAll('ZMSCORE', order, keys) end
for i, key in ipairs(keys) do
  local listed = false
  for _, scores in ipairs(orders) do listed = listed or scores[i] end
  if not listed then
    wait(key, packed[key])
  elseif orders[3] and orders[3][i] then
    checkLane(key)
  end
end
for _, order in ipairs(hasLanes and {e.q, e.l, e.x} or {e.q, e.l}) do
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', order, '9007199254740992', '+inf', 'LIMIT', 0, 100)) do putBack(order, 0, key) end
end
if hasLanes and redis.call('HLEN', e.m) == 0 then redis.call('HDEL', e.s, 'bytes') end
scheduleEndpoint(KEYS[2], e, state, 0, false)
return {scan[1], back}
