-- queue_retry.lua: makes waiting messages due now, in the order given. Of all, it also lets the endpoint try again at once.
-- KEYS  1 wake-up index (zset)  2 queue q (zset)  3 leases l (zset)  4 state s (hash)  5 messages m (hash)
-- ARGV  1 endpoint id  2 now ms  3 clear park and breaker 0|1  then per message that was seen: key, sequence of its webhook-id
-- Reply: how many of them wait; -1 when there is no such endpoint. Leased messages stay as they are, and so does one that another
-- webhook-id has taken the place of since.
-- O(keys · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/line.lua
local wrong = wrongType({KEYS[1], 'zset', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'hash'})
if wrong then return wrong end
local now = tonumber(ARGV[2])
if not (now and string.match(ARGV[3] or '', '^[01]$')) or (#ARGV - 3) % 2 ~= 0 then return redis.error_reply('LULLARG queue_retry') end
local state = readState(KEYS[4])
if not state then return -1 end
if state.damaged then return damaged('state', ARGV[1], {}) end
redis.call('HDEL', KEYS[4], '')
if ARGV[3] == '1' then tryAgain(KEYS[4], state) end
local retried = 0
local nextPlace = lineUp(KEYS[2], now)
for i = 4, #ARGV, 2 do
  local due = redis.call('ZSCORE', KEYS[2], ARGV[i])
  local packed = due and redis.call('HGET', KEYS[5], ARGV[i])
  if packed and isMessage(packed) and text((contentOf(packed))) == ARGV[i + 1] then
    retried = retried + 1
    if tonumber(due) > now then redis.call('ZADD', KEYS[2], nextPlace(), ARGV[i]) end
  end
end
scheduleEndpoint(KEYS[1], ARGV[1], KEYS[2], KEYS[3], state, now, false)
return retried
