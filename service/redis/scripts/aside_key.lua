-- aside_key.lua: a key of ours that holds a value of another type is set aside as a whole, under another name.
-- KEYS  1 counters (hash)  2 what was set aside (hash)  3 the key  4 the name it gets
-- ARGV  1 the type it should have
-- Reply: 1 when it was set aside, 0 when it is of that type or gone (somebody was faster). Whatever had that name before is replaced.
-- O(1), and O(n) where a key of that name has to go. Works at maxmemory (its first write is a RENAME).
--@include lib/types.lua
--@include lib/aside.lua
if #KEYS ~= 4 or #ARGV ~= 1 then return redis.error_reply('LULLARG aside_key') end
local found = redis.call('TYPE', KEYS[3]).ok
if found == 'none' or found == ARGV[1] then return 0 end
redis.call('RENAME', KEYS[3], KEYS[4])
-- The two that this script needs itself may be wrong, too.
for i = 1, 2 do
  if redis.call('TYPE', KEYS[i]).ok ~= 'hash' then redis.call('UNLINK', KEYS[i]) end
end
setAside(KEYS[1], KEYS[2], 'key|' .. KEYS[3], 'It was a ' .. found .. ' and is now ' .. KEYS[4] .. '.')
redis.call('HSET', KEYS[1], 'unbalanced', '1')
return 1
