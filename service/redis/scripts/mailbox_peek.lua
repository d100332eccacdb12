-- mailbox_peek.lua: says what mailboxes hold, and which message is the next one of each. It locks nothing.
-- KEYS  1 meta (hash)  2 counters (hash)  3 when clients called last (zset)
--       then per mailbox: queue q (zset), messages m (hash), locks l (zset), state s (hash)
-- ARGV  1 now ms  2 whose: "" everybody's, or "=" and the owner  3 least time ms between two calls that are noted  then the ids
-- Reply per mailbox: {} when there is no such mailbox; else {messages, 1 to be asked again (below), else 0, and of the next message that is not locked its
-- key and itself}, or {messages, 0 or 1} when there is none, or an operator has paused the mailbox; or what is damaged (lib/types.lua).
-- Asked again: when locks have run out, after mailbox_locks_end.lua; and when the first 500 messages are wanted no more (mailbox_unsubscribe.lua),
-- which it cancels. It writes only then, and when the call is to be noted.
-- O(mailboxes · (log queue + subscriptions)). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/mailbox.lua
local FIXED, PER_MAILBOX, MOST_UNWANTED = 3, 4, 500
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset'})
if wrong then return wrong end
local now, step = tonumber(ARGV[1]), tonumber(ARGV[3])
if not (now and step) or #KEYS ~= FIXED + PER_MAILBOX * (#ARGV - 3) then return redis.error_reply('LULLARG mailbox_peek') end

-- Finds the next message, and notes in `e` what stands before it and is unwanted. Returns a reply that refuses the call, or nil.
local function findNext(e)
  local from = 0
  repeat
    local keys = redis.call('ZRANGE', e.q, from, from + (from == 0 and 0 or 49))
    for _, key in ipairs(keys) do
      local packed = redis.call('HGET', e.m, key)
      if not packed or not isMessage(packed) then return damaged('message', e.id, {key}) end
      if wanted(e.state, key, packed) then
        e.key, e.packed = key, packed
        return
      end
      e.unwanted[#e.unwanted + 1], e.unwanted[#e.unwanted + 2] = key, packed
    end
    from = from + #keys
  until #keys == 0 or from >= MOST_UNWANTED
  e.again = #e.unwanted / 2 >= MOST_UNWANTED
end

local mailboxes = {}
for i = 4, #ARGV do
  local k = FIXED + PER_MAILBOX * (i - 4)
  local e = {id = ARGV[i], q = KEYS[k + 1], m = KEYS[k + 2], l = KEYS[k + 3], s = KEYS[k + 4], unwanted = {}}
  wrong = wrongType({e.q, 'zset', e.m, 'hash', e.l, 'zset', e.s, 'hash'})
  if wrong then return wrong end
  local found, refused = readMailbox(e, ARGV[2])
  if refused then return refused end
  e.found = found
  if found and e.state.paused ~= 'operator' then
    local lock = redis.call('ZRANGE', e.l, 0, 0, 'WITHSCORES')[2]
    e.again = lock and timeOf(lock) <= now
    refused = not e.again and findNext(e)
    if refused then return refused end
  end
  mailboxes[#mailboxes + 1] = e
end

local reply, cancelled = {}, 0
for i, e in ipairs(mailboxes) do
  if e.found then
    noteCall(KEYS[3], e.id, now, step)
    if #e.unwanted > 0 then redis.call('HDEL', KEYS[1], '') end
    for n = 1, #e.unwanted, 2 do dropMail(e, e.unwanted[n], e.unwanted[n + 1]) end
    cancelled = cancelled + #e.unwanted / 2
    reply[i] = {redis.call('HLEN', e.m), e.again and 1 or 0, e.key, e.packed}
  else
    reply[i] = {}
  end
end
bump(KEYS[2], 'cancelled', cancelled)
return reply
