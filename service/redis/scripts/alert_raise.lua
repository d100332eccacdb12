-- alert_raise.lua: stores alerts. There is one entry per kind and subject, and only the newest entries are kept.
-- KEYS  1 meta (hash)  2 order of the alerts (zset)  3 what they say (hash), see lib/alert.lua
-- ARGV  per alert: member "<kind>|<subject>", at ms, how many times, sentence
-- Reply: how many alerts there are. An alert that exists already gets the new time and sentence, and its count grows.
-- O(alerts · log kept). Works at maxmemory (its first write is a ZREM).
--@include lib/types.lua
--@include lib/alert.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash'})
if wrong then return wrong end
if #ARGV % 4 ~= 0 then return redis.error_reply('LULLARG alert_raise') end
for i = 1, #ARGV, 4 do
  if not (tonumber(ARGV[i + 1]) and tonumber(ARGV[i + 2])) then return redis.error_reply('LULLARG alert_raise number') end
end
redis.call('ZREM', KEYS[2], '')
for i = 1, #ARGV, 4 do raiseAlert(KEYS[2], KEYS[3], ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), ARGV[i + 3]) end
forgetAlerts(KEYS[2], KEYS[3])
return redis.call('ZCARD', KEYS[2])
