-- queue_purge.lua: cancels messages of one endpoint, whatever their state, with their successors.
-- KEYS  1 counters (hash)  2 wake-up index (zset)  3 queue q (zset)  4 messages m (hash)  5 leases l (zset)  6 state s (hash)
--       7 history t (hash)
-- ARGV  1 endpoint id  2 now ms  then the keys
-- Reply {keys that had a message, messages cancelled (successors included)}. O(keys · log queue). Works at maxmemory (HDEL first).
--@include lib/types.lua
--@include lib/endpoint.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'hash',
  KEYS[7], 'hash'})
if wrong then return wrong end
local now = tonumber(ARGV[2])
if not now then return redis.error_reply('LULLARG queue_purge') end
redis.call('HDEL', KEYS[1], '')
local keys, cancelled = 0, 0
for i = 3, #ARGV do
  local gone = cancelMessage(KEYS[3], KEYS[4], KEYS[5], KEYS[7], ARGV[i])
  if gone > 0 then keys = keys + 1 end
  cancelled = cancelled + gone
end
if cancelled > 0 then redis.call('HINCRBY', KEYS[1], 'cancelled', cancelled) end
scheduleEndpoint(KEYS[2], ARGV[1], KEYS[3], KEYS[5], readState(KEYS[6]), now, false)
return {keys, cancelled}
