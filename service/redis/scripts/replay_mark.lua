-- replay_mark.lua: draws the number of a replay and a mark that stands for this moment: its items are those whose windows fired before it.
-- KEYS  1 meta (hash)
-- ARGV  1 now ms
-- Reply {number, mark, from when on the index of what changed is complete, ms}.
-- What fires from now on has a `fired` that is not below the mark (`lastFire` of the meta hash). O(1). Refused when Redis is full.
--@include lib/types.lua
--@include lib/changes.lua
local wrong = wrongType({KEYS[1], 'hash'})
if wrong then return wrong end
local now = tonumber(ARGV[1])
if #ARGV ~= 1 or not now then return redis.error_reply('LULLARG replay_mark') end
local mark = firesAt(now, tonumber(metaFound.lastFire)) + 1
redis.call('HSET', KEYS[1], 'lastFire', text(mark))
local from = redis.call('HGET', KEYS[1], 'changedFrom')
if not (from and isWhole(from)) then
  from = text(now)
  redis.call('HSET', KEYS[1], 'changedFrom', from)
end
return {redis.call('HINCRBY', KEYS[1], 'letter', 1), mark, tonumber(from)}
