-- queue_page.lua: a page of one endpoint's queue, in the order of a sorted set.
-- KEYS  1 the set to walk: queue q (key → due), leases l (key → expiry), or of its lanes (lib/lane.lua) b (behind, all scores 0) or
--       x (set aside, key → due)  2 messages m (hash)  3 history t (hash)
-- ARGV  1 score to start at, "-inf" for the first page  2 the last key seen at that score, "" for none  3 most
-- Reply {looked at, then per message: key, score, packed message, history}. It is the last page when fewer than `most` were looked at.
-- O(log² n + most). Reads only.
--@include lib/types.lua
--@include lib/walk.lua
local wrong = wrongType({KEYS[1], 'zset', KEYS[2], 'hash', KEYS[3], 'hash'})
if wrong then return wrong end
local most = tonumber(ARGV[3])
if not most then return redis.error_reply('LULLARG queue_page') end
local first = rankBehind(KEYS[1], ARGV[1], ARGV[2], false)
local found = most > 0 and redis.call('ZRANGE', KEYS[1], first, first + most - 1, 'WITHSCORES') or {}
local reply = {#found / 2}
for i = 1, #found, 2 do
  local n = #reply
  reply[n + 1], reply[n + 2] = found[i], found[i + 1]
  reply[n + 3], reply[n + 4] = redis.call('HGET', KEYS[2], found[i]) or '', redis.call('HGET', KEYS[3], found[i]) or ''
end
return reply
