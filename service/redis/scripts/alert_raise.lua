-- alert_raise.lua: notes what a person should look at: one entry per kind and subject, the last ones only.
-- KEYS  1 meta (hash)  2 order of the alerts (zset member → ms)  3 what they say (hash member → "<count>|<sentence>")
-- ARGV  1 how many are kept  then per alert: member "<kind>|<subject>", at ms, how many times, sentence
-- Reply: how many alerts there are. A repetition counts up, and renews time and sentence.
-- O(alerts · log kept). Works at maxmemory (its first write is a ZREM).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash'})
if wrong then return wrong end
local most = tonumber(ARGV[1])
if not most or (#ARGV - 1) % 4 ~= 0 then return redis.error_reply('LULLARG alert_raise') end
for i = 2, #ARGV, 4 do
  if not (tonumber(ARGV[i + 1]) and tonumber(ARGV[i + 2])) then return redis.error_reply('LULLARG alert_raise number') end
end
redis.call('ZREM', KEYS[2], '')
for i = 2, #ARGV, 4 do
  local member = ARGV[i]
  local before = string.match(redis.call('HGET', KEYS[3], member) or '', '^(%d+)|')
  local count = math.min(tonumber(before or 0) + tonumber(ARGV[i + 2]), 9007199254740991)
  redis.call('HSET', KEYS[3], member, text(count) .. '|' .. ARGV[i + 3])
  redis.call('ZADD', KEYS[2], 'GT', ARGV[i + 1], member)
end
local surplus = redis.call('ZCARD', KEYS[2]) - most
if surplus > 0 then
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, surplus - 1)) do
    redis.call('ZREM', KEYS[2], member)
    redis.call('HDEL', KEYS[3], member)
  end
end
return redis.call('ZCARD', KEYS[2])
