-- mailbox_enrol.lua: registers a mailbox without subscriptions, unless its owner has one of that name.
-- KEYS  1 meta (hash)  2 registrations (hash)  3 names of mailboxes (hash digest of owner and name → id)  4 when their clients called last (zset)
--       5 state s (hash) of the new one
-- ARGV  1 id of the new one  2 its registration  3 now ms  4 digest of owner and name  5 owner  6 most endpoints
-- Reply {1} when it was registered; {0, id} of the one that is there; {2} when there are as many endpoints as there may be.
-- A name whose mailbox is gone, as after damage, is free. O(1). Refused at maxmemory before anything is written (its first write is a HINCRBY).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash', KEYS[4], 'zset', KEYS[5], 'hash'})
if wrong then return wrong end
if #ARGV ~= 6 or not (tonumber(ARGV[3]) and tonumber(ARGV[6])) then return redis.error_reply('LULLARG mailbox_enrol') end
local known = redis.call('HGET', KEYS[3], ARGV[4])
if known and redis.call('HEXISTS', KEYS[2], known) == 1 then return {0, known} end
if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[6]) then return {2} end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return redis.error_reply('LULLEXISTS endpoint') end
redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[5], 'mask', '0', 'version', 1, 'lanes', '3', 'stop', '0', 'mailbox', '1', 'owner', ARGV[5], 'subs', '\1', 'named', ARGV[4])
redis.call('HSET', KEYS[3], ARGV[4], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
return {1}
