-- letters_page.lua: a run of dead letters of one endpoint or of all, by time of death.
-- KEYS  1 the order to walk: dead (all endpoints, members "<id>|<key>") or one endpoint's z (members are keys)
-- ARGV  1 newest|oldest first  2 score to start at, "inf"/"-inf" for the first  3 the last member seen at that score, "" for none
--       4 score to end at (inclusive)  5 most
-- Reply {n, member, score, member, score…}: fewer than `most` is the end. O(log n + most + letters that share the start score).
-- Reads only.
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'zset'})
if wrong then return wrong end
local most, newest = tonumber(ARGV[5]), ARGV[1] == 'newest'
if not most then return redis.error_reply('LULLARG letters_page') end
local reply, offset = {0}, 0
while reply[1] < most do
  local chunk = redis.call(newest and 'ZREVRANGEBYSCORE' or 'ZRANGEBYSCORE', KEYS[1], ARGV[2], ARGV[4], 'WITHSCORES', 'LIMIT', offset, most)
  for i = 1, #chunk, 2 do
    local behind = newest and chunk[i] >= ARGV[3] or (not newest and chunk[i] <= ARGV[3])
    local seen = ARGV[3] ~= '' and tonumber(chunk[i + 1]) == tonumber(ARGV[2]) and behind
    if not seen and reply[1] < most then
      reply[1] = reply[1] + 1
      reply[#reply + 1] = chunk[i]
      reply[#reply + 1] = chunk[i + 1]
    end
  end
  if #chunk < 2 * most then break end
  offset = offset + most
end
return reply
