-- queue_retry.lua: makes waiting messages due now and lets the endpoint try again: park and breaker are cleared.
-- KEYS  1 wake-up index (zset)  2 queue q (zset)  3 leases l (zset)  4 state s (hash)
-- ARGV  1 endpoint id  2 now ms  then the keys
-- Reply: how many of them wait; -1 when there is no such endpoint. Leased messages stay as they are.
-- O(keys · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/endpoint.lua
local wrong = wrongType({KEYS[1], 'zset', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'hash'})
if wrong then return wrong end
local now = tonumber(ARGV[2])
if not now then return redis.error_reply('LULLARG queue_retry') end
local state = readState(KEYS[4])
if not state then return -1 end
tryAgain(KEYS[4], state)
local retried = 0
for i = 3, #ARGV do
  local due = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if due then
    retried = retried + 1
    if tonumber(due) > now then redis.call('ZADD', KEYS[2], text(now), ARGV[i]) end
  end
end
scheduleEndpoint(KEYS[1], ARGV[1], KEYS[2], KEYS[3], state, now, false)
return retried
