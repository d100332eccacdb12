-- audit.lua: checks a part of one endpoint's queue for damage that no other script would meet: a message that is neither in the queue
-- nor among the leases, a successor without a message, an entry of queue or leases without a message, a due time that never comes, an
-- endpoint that is missing from the wake-up index.
-- KEYS  1 meta (hash)  2 wake-up index (zset)  3 queue q (zset)  4 messages m (hash)  5 leases l (zset)  6 state s (hash)
-- ARGV  1 endpoint id  2 cursor of the scan, "0" to begin  3 about how many
-- Reply {next cursor ("0": done), how many were repaired}, or what is damaged (lib/types.lua).
-- O(count · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'hash'})
if wrong then return wrong end
if #ARGV ~= 3 or not isWhole(ARGV[2]) or not isWhole(ARGV[3]) then return redis.error_reply('LULLARG audit') end
local id, state = ARGV[1], readState(KEYS[6])
if not state or state.damaged then return damaged('state', id, {}) end

local scan = redis.call('HSCAN', KEYS[4], ARGV[2], 'COUNT', ARGV[3])
local keys, packed, unreadable = {}, {}, {}
for i = 1, #scan[2], 2 do
  local field, value = scan[2][i], scan[2][i + 1]
  local key = keyOf(field)
  local successor = key ~= field
  if not isMessage(value) or bitOf(key) == 0 then
    unreadable[#unreadable + 1] = key
  elseif not successor then
    keys[#keys + 1], packed[key] = key, value
  elseif redis.call('HEXISTS', KEYS[4], key) == 0 then
    unreadable[#unreadable + 1] = key
  end
end
if #unreadable > 0 then return damaged('message', id, unreadable) end
-- The sorted sets have no cursor of their own, so some entries are drawn at random: each is checked sooner or later.
for _, order in ipairs({KEYS[3], KEYS[5]}) do
  local some = redis.call('ZRANDMEMBER', order, ARGV[3])
  for i, value in ipairs(askAll('HMGET', KEYS[4], some)) do
    if not value then unreadable[#unreadable + 1] = some[i] end
  end
end
if #unreadable > 0 then return damaged('message', id, unreadable) end

redis.call('HDEL', KEYS[1], '')
local back = 0
local function wait(key, value)
  redis.call('ZADD', KEYS[3], text(readMessage(value).due), key)
  back = back + 1
end
local waiting, leased = askAll('ZMSCORE', KEYS[3], keys), askAll('ZMSCORE', KEYS[5], keys)
for i, key in ipairs(keys) do
  if not waiting[i] and not leased[i] then
    if isLeased(packed[key]) then
      -- Its lease counts as expired, so the next claim takes it over.
      redis.call('ZADD', KEYS[5], 0, key)
      back = back + 1
    else
      wait(key, packed[key])
    end
  end
end
for _, order in ipairs({KEYS[3], KEYS[5]}) do
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', order, '9007199254740992', '+inf', 'LIMIT', 0, 100)) do
    redis.call('ZADD', order, 0, key)
    back = back + 1
  end
end
scheduleEndpoint(KEYS[2], id, KEYS[3], KEYS[5], state, 0, false)
return {scan[1], back}
