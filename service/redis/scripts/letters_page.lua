-- letters_page.lua: a page of the dead letters of one endpoint or of all, in the order in which they died.
-- KEYS  1 the sorted set to walk: dead (all endpoints, members "<id>|<key>") or one endpoint's z (members are keys)
-- ARGV  1 newest|oldest first  2 score to start at, "inf"/"-inf" for the first  3 the last member seen at that score, "" for none
--       4 score to end at (inclusive)  5 most
-- Reply {n, member, score, member, score…}. It is the last page when n is less than `most`. O(log² letters + most).
-- Reads only.
--@include lib/types.lua
--@include lib/walk.lua
local wrong = wrongType({KEYS[1], 'zset'})
if wrong then return wrong end
local most, newest = tonumber(ARGV[5]), ARGV[1] == 'newest'
if not most then return redis.error_reply('LULLARG letters_page') end
local first = rankBehind(KEYS[1], ARGV[2], ARGV[3], newest)
local within = newest and redis.call('ZCOUNT', KEYS[1], ARGV[4], '+inf') or redis.call('ZCOUNT', KEYS[1], '-inf', ARGV[4])
local reply = {0}
if first < within then
  local last = math.min(first + most, within) - 1
  local members = redis.call(newest and 'ZREVRANGE' or 'ZRANGE', KEYS[1], first, last, 'WITHSCORES')
  for i = 1, #members do reply[i + 1] = members[i] end
  reply[1] = #members / 2
end
return reply
