-- windows_flush.lua: makes open windows due now; the debounce loop fires them as any other.
-- KEYS  1 meta (hash)  2 window index (zset)
-- ARGV  1 now ms  then the keys
-- Reply: how many of them were open. O(keys · log windows). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset'})
if wrong then return wrong end
local now = tonumber(ARGV[1])
if not now then return redis.error_reply('LULLARG windows_flush') end
redis.call('HDEL', KEYS[1], '')
local flushed = 0
for i = 2, #ARGV do
  local due = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if due then
    flushed = flushed + 1
    if tonumber(due) > now then redis.call('ZADD', KEYS[2], text(now), ARGV[i]) end
  end
end
return flushed
