-- mailbox_confirm.lua: removes a locked message of a mailbox, which is delivered.
-- KEYS  1 meta (hash)  2 counters (hash)  3 when clients called last (zset)
--       4 queue q (zset)  5 messages m (hash)  6 locks l (zset)  7 state s (hash)
-- ARGV  1 id  2 now ms  3 whose: "" everybody's, or "=" and the owner  4 least time ms between two calls that are noted
--       5 key of the message  6 token of the lock, 0 for one that no lock has
-- Reply: 1 removed, -1 there is no such mailbox, -2 no such message, -3 the lock has run out or is another one; or what is damaged (lib/types.lua).
-- O(log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/mailbox.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'zset', KEYS[5], 'hash', KEYS[6], 'zset', KEYS[7], 'hash'})
if wrong then return wrong end
local now, step, key, token = tonumber(ARGV[2]), tonumber(ARGV[4]), ARGV[5], ARGV[6]
if #ARGV ~= 6 or not (now and step) or not isWhole(token) then return redis.error_reply('LULLARG mailbox_confirm') end
now = latestOf(now)
local e = {id = ARGV[1], q = KEYS[4], m = KEYS[5], l = KEYS[6], s = KEYS[7]}
local found, refused = readMailbox(e, ARGV[3])
if refused then return refused end
if not found then return -1 end
local packed = redis.call('HGET', e.m, key)
if packed and not isMessage(packed) then return damaged('message', e.id, {key}) end
noteCall(KEYS[3], e.id, now, step)
if not packed or not wanted(e.state, key, packed) then return -2 end
local expiry = redis.call('ZSCORE', e.l, key)
if not expiry or timeOf(expiry) <= now or not isLeased(packed) or text(tokenOf(packed)) ~= token then return -3 end
redis.call('HDEL', KEYS[1], '')
dropMail(e, key, packed)
redis.call('HSET', e.s, 'success', text(now))
bump(KEYS[2], 'delivered', 1)
return 1
