-- mailbox_lock.lua: locks a message of a mailbox for a time.
-- KEYS  1 meta (hash)  2 when clients called last (zset)  3 when locks run out (zset)
--       4 queue q (zset)  5 messages m (hash)  6 locks l (zset)  7 state s (hash)
-- ARGV  1 id  2 now ms  3 whose: "" everybody's, or "=" and the owner  4 least time ms between two calls that are noted
--       5 key of the message  6 how long ms  7 random text, which becomes the secret of the lock ids when there is none
-- Reply {1, the locked message, the secret}; {-1} there is no such mailbox, {-2} no such message, {-3} it is locked, {-4} an operator has paused the
-- mailbox, {-5} its lock has run out: to be called again after mailbox_locks_end.lua; or what is damaged (lib/types.lua).
-- Each lock has a token of its own. O(log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/lease.lua
--@include lib/line.lua
--@include lib/mailbox.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'zset', KEYS[5], 'hash', KEYS[6], 'zset', KEYS[7], 'hash'})
if wrong then return wrong end
local now, step, key, duration, secret = tonumber(ARGV[2]), tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6]), ARGV[7]
if #ARGV ~= 7 or not (now and step and duration and duration > 0) or secret == '' then return redis.error_reply('LULLARG mailbox_lock') end
now = latestOf(now)
local e = {id = ARGV[1], q = KEYS[4], m = KEYS[5], l = KEYS[6], s = KEYS[7]}
local found, refused = readMailbox(e, ARGV[3])
if refused then return refused end
if not found then return {-1} end
local packed = redis.call('HGET', e.m, key)
if packed and (not isMessage(packed) or bitIn(key, packed) == 0) then return damaged('message', e.id, {key}) end
noteCall(KEYS[2], e.id, now, step)
if not packed or not wanted(e.state, key, packed) then return {-2} end
local expiry = redis.call('ZSCORE', e.l, key)
if expiry then return {timeOf(expiry) > now and -3 or -5} end
if e.state.paused == 'operator' then return {-4} end

redis.call('HDEL', KEYS[1], '')
if redis.call('HSETNX', KEYS[1], 'lockSecret', secret) == 0 then secret = redis.call('HGET', KEYS[1], 'lockSecret') end
local due = redis.call('ZSCORE', e.q, key)
packed = packLeased(packed, due and dueOf(due) or readMessage(packed).due, redis.call('HINCRBY', KEYS[1], 'token', 1), now)
redis.call('HSET', e.m, key, packed)
redis.call('ZREM', e.q, key)
redis.call('ZADD', e.l, leaseScore(now + duration, 0), key)
redis.call('ZADD', KEYS[3], 'LT', text(now + duration), e.id)
return {1, packed, secret}
