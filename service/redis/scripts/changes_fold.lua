-- changes_fold.lua: moves what windows that fired noted into the index of what changed (lib/changes.lua).
-- KEYS  1 meta (hash)  2 what changed (list)  3 index (hash)
-- ARGV  1 now ms  2 about how many windows to move at most
-- Reply {1 when everything was moved, else 0; how many entries the index has}. O(windows). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/change_index.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'list', KEYS[3], 'hash'})
if wrong then return wrong end
local now, most = tonumber(ARGV[1]), tonumber(ARGV[2])
if #ARGV ~= 2 or not (now and most) then return redis.error_reply('LULLARG changes_fold') end
redis.call('HDEL', KEYS[1], '')
local all = foldChanges(KEYS[2], KEYS[3], now, most)
return {all and 1 or 0, redis.call('HLEN', KEYS[3])}
