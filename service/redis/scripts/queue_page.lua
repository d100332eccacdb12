-- queue_page.lua: a page of one endpoint's queue, in the order of a sorted set.
-- KEYS  1 the set to walk: queue q (key → due) or leases l (key → expiry)  2 messages m (hash)  3 history t (hash)
-- ARGV  1 score to start at, "-inf" for the first page  2 the last key seen at that score, "" for none  3 most
-- Reply {scanned 0|n, then per message: key, score, packed message, history}: a page shorter than `most` is the last one.
-- O(log n + most + messages that share the start score). Reads only.
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'zset', KEYS[2], 'hash', KEYS[3], 'hash'})
if wrong then return wrong end
local most = tonumber(ARGV[3])
if not most then return redis.error_reply('LULLARG queue_page') end
local reply = {0}
local offset = 0
while reply[1] < most do
  local chunk = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', offset, most)
  for i = 1, #chunk, 2 do
    local key, score = chunk[i], chunk[i + 1]
    -- Members of one score are in byte order: those up to the last one seen are behind us.
    local seen = ARGV[2] ~= '' and tonumber(score) == tonumber(ARGV[1]) and key <= ARGV[2]
    if not seen and reply[1] < most then
      reply[1] = reply[1] + 1
      local n = #reply
      reply[n + 1], reply[n + 2] = key, score
      reply[n + 3], reply[n + 4] = redis.call('HGET', KEYS[2], key) or '', redis.call('HGET', KEYS[3], key) or ''
    end
  end
  if #chunk < 2 * most then break end
  offset = offset + most
end
return reply
