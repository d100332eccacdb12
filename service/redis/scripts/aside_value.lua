-- aside_value.lua: sets aside one value of a hash or list that a reader could not read.
-- KEYS  1 meta (hash)  2 counters (hash)  3 what was set aside (hash)  4 where it stands (hash or list)
-- ARGV  1 the name under which it is set aside  2 the field of a hash, "" for a list  3 the value
--       4 of a hash: 1 to remove it, 0 to keep it where it is as well
-- Reply: 1 when the value was there, else 0. O(1), of a list O(its length). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/aside.lua
local list = ARGV[2] == ''
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash', KEYS[4], list and 'list' or 'hash'})
if wrong then return wrong end
if #ARGV ~= 4 then return redis.error_reply('LULLARG aside_value') end
redis.call('HDEL', KEYS[1], '')
if list then
  if redis.call('LREM', KEYS[4], 0, ARGV[3]) == 0 then return 0 end
else
  if redis.call('HGET', KEYS[4], ARGV[2]) ~= ARGV[3] then return 0 end
  if ARGV[4] == '1' then redis.call('HDEL', KEYS[4], ARGV[2]) end
end
setAside(KEYS[2], KEYS[3], ARGV[1], ARGV[3])
return 1
