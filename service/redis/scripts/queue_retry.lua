-- queue_retry.lua: makes waiting messages of one endpoint due now, in the order given. It can also end park and breaker.
-- KEYS  1 meta (hash)  2 wake-up index (zset)  3 queue q (zset)  4 leases l (zset)  5 state s (hash)  6 messages m (hash)
-- ARGV  1 endpoint id  2 now ms  3 end park and breaker 0|1  then per message that was seen: key, sequence of its webhook-id
-- Reply: how many of them wait; -1 when there is no such endpoint. A message that is leased, or has another webhook-id than the one that
-- was seen, stays as it is.
-- O(keys · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/line.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'zset', KEYS[5], 'hash', KEYS[6], 'hash'})
if wrong then return wrong end
local now = tonumber(ARGV[2])
if not (now and string.match(ARGV[3] or '', '^[01]$')) or (#ARGV - 3) % 2 ~= 0 then return redis.error_reply('LULLARG queue_retry') end
local state = readState(KEYS[5])
if not state then return -1 end
if state.damaged then return damaged('state', ARGV[1], {}) end
redis.call('HDEL', KEYS[1], '')
if ARGV[3] == '1' then tryAgain(KEYS[5], state) end
local retried = 0
local nextPlace = lineUp(KEYS[3], now)
for i = 4, #ARGV, 2 do
  local due = redis.call('ZSCORE', KEYS[3], ARGV[i])
  local packed = due and redis.call('HGET', KEYS[6], ARGV[i])
  if packed and isMessage(packed) and text((contentOf(packed))) == ARGV[i + 1] then
    retried = retried + 1
    if tonumber(due) > now then redis.call('ZADD', KEYS[3], nextPlace(), ARGV[i]) end
  end
end
scheduleEndpoint(KEYS[2], ARGV[1], KEYS[3], KEYS[4], state, now, false)
return retried
