-- renew.lua: lets the lease of a claimed message begin anew, and notes whether its process does nothing else under this lease.
-- KEYS  1 meta (hash)  2 messages (hash)  3 leases (zset)  4 state (hash)
-- ARGV  1 now ms  2 key  3 token  4 lease ms  5 alone: 0 or 1  6 slot of the process (lib/lease.lua)
-- Reply {1: it may be sent, 0: another token holds it, or its endpoint is paused or gone; registry revision}
-- By this note claim.lua tells a message that ends its process (poisoned) from one that was only in flight when another message did.
-- O(log leases). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lease.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash'})
if wrong then return wrong end
local now, key, lease = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[4])
local slot = slotIn(ARGV[6])
if not (now and lease and slot and string.match(ARGV[5] or '', '^[01]$')) or #ARGV ~= 6 then return redis.error_reply('LULLARG renew') end
local revision = tonumber(redis.call('HGET', KEYS[1], 'rev') or 0)
local state = readState(KEYS[4])
if state and state.damaged then return damaged('state', idIn(KEYS[4]), {}) end
local packed = state and redis.call('HGET', KEYS[2], key)
if packed and not isMessage(packed) then return damaged('message', idIn(KEYS[4]), {key}) end
local m = packed and readMessage(packed)
if not (m and has(m, LEASED) and text(m.token) == ARGV[3]) then return {0, revision} end
redis.call('HDEL', KEYS[1], '')
if ARGV[5] == '1' then set(m, ALONE) else clear(m, ALONE) end
redis.call('HSET', KEYS[2], key, packMessage(m))
redis.call('ZADD', KEYS[3], leaseScore(now + lease, slot), key)
return {state.paused and 0 or 1, revision}
