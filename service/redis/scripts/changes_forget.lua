-- changes_forget.lua: removes entries of the index of what changed (lib/changes.lua), the oldest ones.
-- KEYS  1 meta (hash)  2 index (hash)
-- ARGV  1 from when on the index is complete without them, ms  then per entry: item key, `upto` of the entry that was seen
-- Reply: how many were removed; the time counts also when none was. One that is not as it was seen has changed since, and stays. O(entries). Works at maxmemory (its first
-- write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
if #ARGV % 2 ~= 1 or not isWhole(ARGV[1]) then return redis.error_reply('LULLARG changes_forget') end
redis.call('HDEL', KEYS[1], '')
local keys, gone = {}, {}
for i = 2, #ARGV, 2 do keys[#keys + 1] = ARGV[i] end
for i, packed in ipairs(askAll('HMGET', KEYS[2], keys)) do
  if packed and #packed >= 25 and text((struct.unpack('>I8', packed, 18))) == ARGV[2 * i + 1] then gone[#gone + 1] = keys[i] end
end
local known = redis.call('HGET', KEYS[1], 'changedFrom')
if not known or not isWhole(known) or tonumber(known) < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'changedFrom', ARGV[1]) end
return callAll('HDEL', KEYS[2], gone)
