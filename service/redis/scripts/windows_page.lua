-- windows_page.lua: a page of the open windows by due time.
-- KEYS  1 window index (zset)  2 windows (hash)
-- ARGV  1 score to start at, "-inf" for the first page  2 the last key seen at that score, "" for none  3 most
-- Reply {n, then per window: key, due ms, first ms, events}: a page shorter than `most` is the last one.
-- O(log n + most + windows that share the start score). Reads only.
--@include lib/types.lua
--@include lib/window.lua
local wrong = wrongType({KEYS[1], 'zset', KEYS[2], 'hash'})
if wrong then return wrong end
local most = tonumber(ARGV[3])
if not most then return redis.error_reply('LULLARG windows_page') end
local reply = {0}
local offset = 0
while reply[1] < most do
  local chunk = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', offset, most)
  for i = 1, #chunk, 2 do
    local key, score = chunk[i], chunk[i + 1]
    local seen = ARGV[2] ~= '' and tonumber(score) == tonumber(ARGV[1]) and key <= ARGV[2]
    local packed = not seen and reply[1] < most and redis.call('HGET', KEYS[2], key)
    if packed then
      local w = readWindow(packed)
      reply[1] = reply[1] + 1
      local n = #reply
      reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = key, tonumber(score), w.first, w.events
    end
  end
  if #chunk < 2 * most then break end
  offset = offset + most
end
return reply
