-- aside_key.lua: renames a key of ours that holds a value of a wrong type, so that the key can be used again.
-- KEYS  1 meta (hash)  2 counters (hash)  3 what was set aside (hash)  4 the key  5 the name it gets
-- ARGV  1 the type it should have
-- Reply: 1 when it was renamed, 0 when it has that type or is gone, because another process was faster. A key that has the new name
-- already is replaced.
-- Keys 1 to 3 may be renamed in an emptied store, too: attach.lua, which puts such a store in order, needs them.
-- O(1), or O(n) when a key of n elements is replaced. Works at maxmemory (its first write is a RENAME).
--@include lib/types.lua
--@include lib/aside.lua
local needed = KEYS[4] == KEYS[1] or KEYS[4] == KEYS[2] or KEYS[4] == KEYS[3]
local wrong
if needed then
  local schema = redis.call('TYPE', KEYS[1]).ok == 'hash' and redis.call('HGET', KEYS[1], 'schema')
  wrong = schema and isWhole(schema) and refusedSchema(schema)
else
  wrong = wrongType({KEYS[1], 'hash'})
end
if wrong then return wrong end
if #KEYS ~= 5 or #ARGV ~= 1 then return redis.error_reply('LULLARG aside_key') end
local found = redis.call('TYPE', KEYS[4]).ok
if found == 'none' or found == ARGV[1] then return 0 end
redis.call('RENAME', KEYS[4], KEYS[5])
-- What the index of changes knew is lost; it is complete from when changes_size.lua is called next.
if string.find(KEYS[4], ':changed$') then redis.call('HDEL', KEYS[1], 'changedFrom') end
-- Counters and the hash of set-aside values may have a wrong type, too. This script writes to both, so it deletes them then.
for i = 2, 3 do
  if redis.call('TYPE', KEYS[i]).ok ~= 'hash' then redis.call('UNLINK', KEYS[i]) end
end
setAside(KEYS[2], KEYS[3], 'key|' .. KEYS[4], 'It was a ' .. found .. ' and is now ' .. KEYS[5] .. '.')
redis.call('HSET', KEYS[2], 'unbalanced', '1')
return 1
