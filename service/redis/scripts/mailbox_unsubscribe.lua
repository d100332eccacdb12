-- mailbox_unsubscribe.lua: from now on a mailbox does not take the events of one of its subscriptions any more. What it holds and no other
-- subscription would have taken is cancelled, waiting or locked, a part per call.
-- KEYS  1 meta (hash)  2 registrations (hash)  3 when clients called last (zset)  4 state s (hash)  5 counters (hash)
--       6 queue q (zset)  7 messages m (hash)  8 locks l (zset)
-- ARGV  1 id  2 now ms  3 whose: "" everybody's, or "=" and the owner  4 least time ms between two calls that are noted
--       5 bit of the change type  6 scope, "" for any  7 cursor of the scan, "0" to begin
-- Reply {1, next cursor ("0": done), messages cancelled}; {0} when it has no such subscription and the cursor is "0"; {-1} when there is no such
-- mailbox; or what is damaged (lib/types.lua). Until the scan is done, mailbox_peek.lua and mailbox_lock.lua show none of these messages.
-- O(subscriptions + 2,000 messages · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/mailbox.lua
--@include lib/registration.lua
--@include lib/mailbox_takes.lua
local MOST_SEEN = 2000
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'hash', KEYS[6], 'zset', KEYS[7], 'hash',
  KEYS[8], 'zset'})
if wrong then return wrong end
local now, step, changeType, scope, cursor = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7]
if #ARGV ~= 7 or not (now and step and changeType) or not isWhole(cursor) then return redis.error_reply('LULLARG mailbox_unsubscribe') end
local e = {id = ARGV[1], s = KEYS[4], q = KEYS[6], m = KEYS[7], l = KEYS[8]}
local found, refused = readMailbox(e, ARGV[3])
if refused then return refused end
if not found then return {-1} end
local subs = e.state.subs
local at = placeOfSubscription(subs, changeType, scope)
local had = subs[at] and isSubscription(subs[at], changeType, scope)
noteCall(KEYS[3], e.id, now, step)
if not had and cursor == '0' then return {0} end
redis.call('HDEL', KEYS[1], '')
if had and cursor == '0' then
  table.remove(subs, at)
  keepSubscriptions(e, redis.call('HGET', KEYS[2], e.id), subscriptions().pack(subs))
end

local seen, cancelled = 0, 0
repeat
  local scan = redis.call('HSCAN', e.m, cursor, 'COUNT', 500)
  cursor = scan[1]
  for i = 1, #scan[2], 2 do
    local key, packed = scan[2][i], scan[2][i + 1]
    -- What cannot be read stays for the audit.
    if isMessage(packed) and redis.call('HEXISTS', e.m, key) == 1 and not wanted(e.state, key, packed) then
      dropMail(e, key, packed)
      cancelled = cancelled + 1
    end
  end
  seen = seen + #scan[2] / 2
until cursor == '0' or seen >= MOST_SEEN
bump(KEYS[5], 'cancelled', cancelled)
return {1, cursor, cancelled}
