-- mailbox_view.lua: reads a mailbox, for its client.
-- KEYS  1 meta (hash)  2 registrations (hash)  3 when clients called last (zset)  4 state s (hash)
-- ARGV  1 id  2 now ms  3 whose: "" everybody's, or "=" and the owner  4 least time ms between two calls that are noted
-- Reply {its registration, its subscriptions (lib/subscription.lua)}; {} when there is no such mailbox; or what is damaged (lib/types.lua).
-- O(subscriptions). It writes when the call is to be noted; that works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/mailbox.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash'})
if wrong then return wrong end
local now, step = tonumber(ARGV[2]), tonumber(ARGV[4])
if #ARGV ~= 4 or not (now and step) then return redis.error_reply('LULLARG mailbox_view') end
local e = {id = ARGV[1], s = KEYS[4]}
local found, refused = readMailbox(e, ARGV[3])
if refused then return refused end
local blob = found and redis.call('HGET', KEYS[2], e.id)
if not blob then return {} end
noteCall(KEYS[3], e.id, now, step)
return {blob, e.state.subs.packed}
