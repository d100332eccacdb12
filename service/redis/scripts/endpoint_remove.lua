-- endpoint_remove.lua: deletes an endpoint. Its messages are cancelled, its dead letters stay.
-- KEYS  1 meta (hash)  2 registrations (hash)  3 wake-up index (zset)  4 counters (hash)
--       5 queue q (zset)  6 messages m (hash)  7 leases l (zset)  8 state s (hash)  9 history t (hash)  10 attempt log a (list)
--       11 letters d (hash)  12 names of deleted endpoints that have letters (hash)
--       of its lanes 13 b (zset)  14 h (hash)  15 x (zset)  16 its attempts n (string)
-- ARGV  1 id  2 version it must have, "" for any  3 its name, "" when the registration cannot be read
-- Reply: messages cancelled, -1 when the version differs, -2 when there is no such endpoint. O(1): the keys are unlinked.
-- Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'hash',
  KEYS[7], 'zset', KEYS[8], 'hash', KEYS[9], 'hash', KEYS[10], 'list', KEYS[11], 'hash', KEYS[12], 'hash',
  KEYS[13], 'zset', KEYS[14], 'hash', KEYS[15], 'zset', KEYS[16], 'string'})
if wrong then return wrong end
if #ARGV ~= 3 then return redis.error_reply('LULLARG endpoint_remove') end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return -2 end
if ARGV[2] ~= '' and redis.call('HGET', KEYS[8], 'version') ~= ARGV[2] then return -1 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('ZREM', KEYS[3], ARGV[1])
if ARGV[3] ~= '' and redis.call('EXISTS', KEYS[11]) == 1 then redis.call('HSET', KEYS[12], ARGV[1], ARGV[3]) end
local cancelled = redis.call('HLEN', KEYS[6])
bump(KEYS[4], 'cancelled', cancelled)
redis.call('UNLINK', KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[13], KEYS[14], KEYS[15], KEYS[16])
return cancelled
