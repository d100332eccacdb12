-- names_forget.lua: removes the names of deleted endpoints that have no dead letters any more.
-- KEYS  1 meta (hash)  2 names of deleted endpoints that have letters (hash)  then per endpoint: letters d (hash)
-- ARGV  the endpoints' ids
-- Reply: how many were removed. O(endpoints). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
if #ARGV ~= #KEYS - 2 then return redis.error_reply('LULLARG names_forget') end
local forgotten = 0
for i = 1, #ARGV do
  if redis.call('EXISTS', KEYS[i + 2]) == 0 then forgotten = forgotten + redis.call('HDEL', KEYS[2], ARGV[i]) end
end
return forgotten
