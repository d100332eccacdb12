-- jobs_mark.lua: draws the number of a job, which stands for this moment: its letters are those whose death has a lower number.
-- KEYS  1 meta (hash)  2 dead letters of all endpoints (zset)
-- Reply {number, the latest time at which one of them died, ms; "" when there are none}. O(log letters).
-- Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset'})
if wrong then return wrong end
redis.call('HDEL', KEYS[1], '')
local latest = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2] or ''
return {redis.call('HINCRBY', KEYS[1], 'letter', 1), latest}
