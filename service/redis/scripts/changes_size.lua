-- changes_size.lua: how many entries the index of what changed has (lib/changes.lua). When nobody knows since when it is complete, because it
-- had to begin anew, it is from now on.
-- KEYS  1 meta (hash)  2 index (hash)
-- ARGV  1 now ms
-- Reply: the number of entries. O(1). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
if #ARGV ~= 1 or not isWhole(ARGV[1]) then return redis.error_reply('LULLARG changes_size') end
if redis.call('HEXISTS', KEYS[1], 'changedFrom') == 0 then
  redis.call('HDEL', KEYS[1], '')
  redis.call('HSET', KEYS[1], 'changedFrom', ARGV[1])
end
return redis.call('HLEN', KEYS[2])
