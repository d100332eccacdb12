-- audit.lua: checks a part of one endpoint's queue for damage that no other script would meet: a message that is in no order of the queue,
-- a successor without a message, an entry of an order without a message, a due time that never comes, a lane whose head is not its first
-- message or is gone, a tombstone without a lease, a wrong number of bytes, an endpoint that is missing from the wake-up index, a mailbox that
-- is missing from the indexes of calls and of locks.
-- KEYS  1 meta (hash)  2 wake-up index (zset)  3 queue q (zset)  4 messages m (hash)  5 leases l (zset)  6 state s (hash)
--       of its lanes 7 b (zset)  8 h (hash)  9 x (zset)  10 when clients called last (zset)  11 when locks run out (zset)
-- ARGV  1 endpoint id  2 cursor of the scan, "0" to begin  3 about how many  4 now ms
-- Reply {next cursor ("0": done), how many were repaired}, or what is damaged (lib/types.lua).
-- O(count · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/lane_audit.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'hash',
  KEYS[7], 'zset', KEYS[8], 'hash', KEYS[9], 'zset', KEYS[10], 'zset', KEYS[11], 'zset'})
if wrong then return wrong end
if #ARGV ~= 4 or not isWhole(ARGV[2]) or not isWhole(ARGV[3]) or not isWhole(ARGV[4]) then return redis.error_reply('LULLARG audit') end
local id, state, now = ARGV[1], readState(KEYS[6]), tonumber(ARGV[4])
if not state or state.damaged then return damaged('state', id, {}) end
local e = {id = id, q = KEYS[3], m = KEYS[4], l = KEYS[5], s = KEYS[6], b = KEYS[7], h = KEYS[8], x = KEYS[9], state = state}
local hasLanes = state.lanes > 0

local scan = redis.call('HSCAN', KEYS[4], ARGV[2], 'COUNT', ARGV[3])
local keys, packed, unreadable, bytes = {}, {}, {}, 0
for i = 1, #scan[2], 2 do
  local field, value = scan[2][i], scan[2][i + 1]
  local key = keyOf(field)
  bytes = bytes + weightOf(field, value)
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
for _, order in ipairs({e.q, e.l, e.b, e.x}) do
  local some = redis.call('ZRANDMEMBER', order, ARGV[3])
  for i, value in ipairs(askAll('HMGET', KEYS[4], some)) do
    local tombstone = not value and order == e.l and redis.call('HEXISTS', e.h, tombstoneOf(some[i])) == 1
    if not value and not tombstone then unreadable[#unreadable + 1] = some[i] end
  end
end
if #unreadable > 0 then return damaged('message', id, unreadable) end

redis.call('HDEL', KEYS[1], '')
local back, inLanes = 0, state.lanes == ITEM or state.lanes == ENDPOINT
local function putBack(order, score, key)
  redis.call('ZADD', order, score, key)
  back = back + 1
end

-- Returns the order where a message was found, or goes back to because it says so itself. A lease that is put back counts as expired, so the
-- next claim takes it over. Of a message in a lane that waits, its lane says where it goes.
local function placed(key, value, found)
  if found then return found end
  if isLeased(value) then
    putBack(e.l, 0, key)
    return e.l
  elseif isAside(value) then
    putBack(e.x, text(readMessage(value).due), key)
    return e.x
  elseif not inLanes then
    putBack(e.q, text(readMessage(value).due), key)
    return e.q
  end
end

if hasLanes then back = back + auditScores(e) end
-- In the order of their positions, so that the first message of a lane is found first.
if inLanes then table.sort(keys, bytesBefore) end
local orders, scores, heads = {e.q, e.l, e.b, e.x}, {}, {}
for i, order in ipairs(orders) do scores[i] = askAll('ZMSCORE', order, keys) end
for i, key in ipairs(keys) do
  local found
  for n, order in ipairs(orders) do found = found or (scores[n][i] and order) end
  if found ~= e.b and scores[3][i] then redis.call('ZREM', e.b, key) end
  local place = placed(key, packed[key], found)
  if inLanes and placeOf(key) and place ~= e.x and not isAside(packed[key]) then
    back = back + auditPlace(e, key, packed[key], place, now, heads)
  end
end
if inLanes then back = back + auditHeads(e, ARGV[3], now, heads) end
for _, order in ipairs({e.q, e.l, e.x}) do
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', order, '9007199254740992', '+inf', 'LIMIT', 0, 100)) do putBack(order, 0, key) end
end
-- Where this call has seen all messages, it knows how many bytes they hold.
if hasLanes and ARGV[2] == '0' and scan[1] == '0' then weigh(e, bytes - state.bytes) end
if state.mailbox == 1 then
  local first = redis.call('ZRANGE', e.l, 0, 0, 'WITHSCORES')[2]
  if first then redis.call('ZADD', KEYS[11], 'LT', text(timeOf(first)), id) end
  redis.call('ZADD', KEYS[10], 'NX', ARGV[4], id)
end
scheduleEndpoint(KEYS[2], e, state, 0, false)
return {scan[1], back}
