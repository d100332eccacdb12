-- clock.lua: turns the server's time into the fleet's, which never decreases, also over a failover to a slower clock.
-- KEYS  1 meta (hash)
-- ARGV  1 the server's time, ms since the epoch; "" to ask the server itself. Read anywhere else it would be old when it gets here,
--       and a sample that was held up on its way would put the fleet's clock ahead for good.
-- Reply the fleet's time, ms. O(1). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash'})
if wrong then return wrong end
local raw = tonumber(ARGV[1])
if ARGV[1] == '' then
  local time = redis.call('TIME')
  raw = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
if not raw then return redis.error_reply('LULLARG time') end
local kept = redis.call('HMGET', KEYS[1], 'clockOffset', 'clockLast')
local now = raw + tonumber(kept[1] or 0)
redis.call('HDEL', KEYS[1], '')
if now < tonumber(kept[2] or 0) then
  now = tonumber(kept[2])
  redis.call('HSET', KEYS[1], 'clockOffset', text(now - raw))
end
redis.call('HSET', KEYS[1], 'clockLast', text(now))
return now
