-- balance.lua: corrects the counters of I8 after damage that no script could count. Missing messages are counted as cancelled, and
-- messages too many as created.
-- KEYS  1 meta (hash)  2 counters (hash)  then the messages m (hash) of every endpoint
-- ARGV  1 revision of the registry in which the call found the endpoints
-- Reply: by how much the counters were wrong; 0 when they are not marked as unbalanced. Error LULLSTALE when the revision is not current.
-- O(endpoints). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
if #ARGV ~= 1 then return redis.error_reply('LULLARG balance') end
local books = redis.call('HMGET', KEYS[2], 'unbalanced', 'kept')
if not books[1] and books[2] then return 0 end
if (redis.call('HGET', KEYS[1], 'rev') or '0') ~= ARGV[1] then return redis.error_reply('LULLSTALE registry') end
local pending = 0
for i = 3, #KEYS do
  wrong = wrongKey({KEYS[i], 'hash'})
  if wrong then return wrong end
  pending = pending + redis.call('HLEN', KEYS[i])
end
redis.call('HDEL', KEYS[2], 'unbalanced')
redis.call('HSET', KEYS[2], 'kept', '1')
local function value(name)
  local kept = redis.call('HGET', KEYS[2], name)
  if kept and not isWhole(kept) then redis.call('HDEL', KEYS[2], name) end
  return kept and isWhole(kept) and tonumber(kept) or 0
end
local into = value('created') + value('revived')
local out = value('delivered') + value('superseded') + value('deadLettered') + value('cancelled') + pending
bump(KEYS[2], 'cancelled', math.max(into - out, 0))
bump(KEYS[2], 'created', math.max(out - into, 0))
return math.abs(into - out)
