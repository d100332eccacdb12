-- replay_mark.lua: draws the number of a replay and a mark that stands for this moment: its items are those whose windows fired before it.
-- KEYS  1 meta (hash)  2 what changed (list)  3 index (hash)
-- ARGV  1 now ms  2 most windows to move into the index
-- Reply {number, mark, from when on the index is complete, ms}; {0, 0, 0} when there was more to move, so that it has to be called again.
-- What fires from now on has a `fired` that is not below the mark (`lastFire` of the meta hash). O(windows). Refused when Redis is full.
--@include lib/types.lua
--@include lib/change_index.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'list', KEYS[3], 'hash'})
if wrong then return wrong end
local now, most = tonumber(ARGV[1]), tonumber(ARGV[2])
if #ARGV ~= 2 or not (now and most) then return redis.error_reply('LULLARG replay_mark') end
if not foldChanges(KEYS[2], KEYS[3], now, most) then return {0, 0, 0} end
local mark = firesAt(now, tonumber(metaFound.lastFire)) + 1
redis.call('HSET', KEYS[1], 'lastFire', text(mark))
local from = redis.call('HGET', KEYS[1], 'changedFrom')
if not isWhole(from) then
  from = text(now)
  redis.call('HSET', KEYS[1], 'changedFrom', from)
end
return {redis.call('HINCRBY', KEYS[1], 'letter', 1), mark, tonumber(from)}
