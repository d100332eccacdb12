-- mailbox_subscribe.lua: from now on a mailbox takes the events of one change type that have one scope, or all of them.
-- KEYS  1 meta (hash)  2 registrations (hash)  3 when clients called last (zset)  4 state s (hash)
-- ARGV  1 id  2 now ms  3 whose: "" everybody's, or "=" and the owner  4 least time ms between two calls that are noted
--       5 bit of the change type  6 scope, "" for any
-- Reply: 1 it takes them from now on, 0 it did already, -1 there is no such mailbox, -2 it has as many subscriptions as it may have,
-- -3 its registration cannot be read; or what is damaged (lib/types.lua).
-- It gets no event that was accepted before. O(subscriptions). Refused at maxmemory before anything is written (its first write is a HSET).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/mailbox.lua
--@include lib/takers.lua
--@include lib/registration.lua
--@include lib/mailbox_takes.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash'})
if wrong then return wrong end
local now, step, changeType, scope = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
if #ARGV ~= 6 or not (now and step and changeType and changeType > 0) or #scope > 65535 then
  return redis.error_reply('LULLARG mailbox_subscribe')
end
local e = {id = ARGV[1], s = KEYS[4]}
local found, refused = readMailbox(e, ARGV[3])
if refused then return refused end
if not found then return -1 end
local subs = e.state.subs
local at = placeOfSubscription(subs, changeType, scope)
if subs[at] and isSubscription(subs[at], changeType, scope) then
  noteCall(KEYS[3], e.id, now, step)
  return 0
end
local blob = redis.call('HGET', KEYS[2], e.id)
if not blob or not readRegistration(blob) then return -3 end
table.insert(subs, at, {bit = changeType, since = tonumber(redis.call('HGET', KEYS[1], 'seq') or 0), scope = scope})
local packed = subscriptions().pack(subs)
if #subs > MOST_SUBSCRIPTIONS or #packed > MOST_SUBSCRIPTION_BYTES then return -2 end
addTaken(changeType)
keepSubscriptions(e, blob, packed)
noteCall(KEYS[3], e.id, now, step)
return 1
