-- alerts_page.lua: a page of the alerts, newest first.
-- KEYS  1 order of the alerts (zset member → ms)  2 what they say (hash member → "<count>|<sentence>")
-- ARGV  1 score to start at, "+inf" for the first page  2 the last member seen at that score, "" for none  3 most
-- Reply {looked at, then per alert: member "<kind>|<subject>", at ms, count, sentence}. It is the last page when fewer than `most` were
-- looked at.
-- O(log² n + most). Reads only.
--@include lib/types.lua
--@include lib/walk.lua
local wrong = wrongType({KEYS[1], 'zset', KEYS[2], 'hash'})
if wrong then return wrong end
local most = tonumber(ARGV[3])
if not most then return redis.error_reply('LULLARG alerts_page') end
local first = rankBehind(KEYS[1], ARGV[1], ARGV[2], true)
local found = most > 0 and redis.call('ZREVRANGE', KEYS[1], first, first + most - 1, 'WITHSCORES') or {}
local reply = {#found / 2}
for i = 1, #found, 2 do
  local count, sentence = string.match(redis.call('HGET', KEYS[2], found[i]) or '', '^(%d+)|(.*)$')
  if count then
    local n = #reply
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = found[i], found[i + 1], count, sentence
  end
end
return reply
