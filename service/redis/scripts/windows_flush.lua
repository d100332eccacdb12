-- windows_flush.lua: makes open windows due now. The debounce loop then fires them like any other due window.
-- KEYS  1 meta (hash)  2 window index (zset)
-- ARGV  1 now ms  then the keys
-- Reply: how many of them were open. O(keys · log windows). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset'})
if wrong then return wrong end
local now = tonumber(ARGV[1])
if not now then return redis.error_reply('LULLARG windows_flush') end
redis.call('HDEL', KEYS[1], '')
local keys, flushed, moved, at = {}, 0, {}, ARGV[1]
for i = 2, #ARGV do keys[i - 1] = ARGV[i] end
for i, due in ipairs(askAll('ZMSCORE', KEYS[2], keys)) do
  if due then
    flushed = flushed + 1
    if tonumber(due) > now then moved[#moved + 1], moved[#moved + 2] = at, keys[i] end
  end
end
callAll('ZADD', KEYS[2], moved)
return flushed
