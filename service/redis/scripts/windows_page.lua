-- windows_page.lua: a page of the open windows by due time.
-- KEYS  1 window index (zset)  2 windows (hash)
-- ARGV  1 score to start at, "-inf" for the first page  2 the last key seen at that score, "" for none  3 most
-- Reply {looked at, then per window: key, due ms, first ms, events}. It is the last page when fewer than `most` were looked at.
-- O(log² n + most). Reads only.
--@include lib/types.lua
--@include lib/walk.lua
--@include lib/window.lua
local wrong = wrongType({KEYS[1], 'zset', KEYS[2], 'hash'})
if wrong then return wrong end
local most = tonumber(ARGV[3])
if not most then return redis.error_reply('LULLARG windows_page') end
local first = rankBehind(KEYS[1], ARGV[1], ARGV[2], false)
local found = most > 0 and redis.call('ZRANGE', KEYS[1], first, first + most - 1, 'WITHSCORES') or {}
local reply = {#found / 2}
for i = 1, #found, 2 do
  local packed = redis.call('HGET', KEYS[2], found[i])
  if not packed or not isWindow(packed) then return damaged('window', '', {found[i]}) end
  if packed then
    local w = readWindow(packed)
    local n = #reply
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = found[i], timeOf(found[i + 1]), w.first, w.events
  end
end
return reply
