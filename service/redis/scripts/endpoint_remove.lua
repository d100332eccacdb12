-- endpoint_remove.lua: deletes an endpoint. Its messages are cancelled, its dead letters stay.
-- KEYS  1 meta (hash)  2 registrations (hash)  3 wake-up index (zset)  4 counters (hash)
--       5 queue q (zset)  6 messages m (hash)  7 leases l (zset)  8 state s (hash)  9 history t (hash)  10 attempt log a (list)
--       11 letters d (hash)  12 names of deleted endpoints that have letters (hash)
--       of its lanes 13 b (zset)  14 h (hash)  15 x (zset)  16 its attempts n (string)
--       17 names of mailboxes (hash)  18 when their clients called last (zset)  19 when locks run out (zset)  20 notices about mailboxes (zset)
--       21 whose the queues of brokers are (hash)
-- ARGV  1 id  2 version it must have, "" for any  3 its owner and name, "" when the registration cannot be read  4 now ms
--       5 "any", or "mailbox": it must be one, or "=" and an owner: it must be a mailbox of this owner
--       6 ms: only when its client has not called since then; "" whenever that was
-- Reply: messages cancelled, -1 when the version differs, or its client has called, -2 when there is no such endpoint. Of a mailbox it also
-- forgets the name, and tells clients that wait. O(1): the keys are unlinked.
-- Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/mail_notice.lua
--@include lib/queue_owner.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'hash',
  KEYS[7], 'zset', KEYS[8], 'hash', KEYS[9], 'hash', KEYS[10], 'list', KEYS[11], 'hash', KEYS[12], 'hash',
  KEYS[13], 'zset', KEYS[14], 'hash', KEYS[15], 'zset', KEYS[16], 'string',
  KEYS[17], 'hash', KEYS[18], 'zset', KEYS[19], 'zset', KEYS[20], 'zset', KEYS[21], 'hash'})
if wrong then return wrong end
local id, now, whose, idleSince = ARGV[1], tonumber(ARGV[4]), ARGV[5], ARGV[6]
if #ARGV ~= 6 or not now or not (whose == 'any' or whose == 'mailbox' or string.sub(whose, 1, 1) == '=')
  or not (idleSince == '' or tonumber(idleSince)) then
  return redis.error_reply('LULLARG endpoint_remove')
end
-- An entry of the indexes may be left of one that is gone.
local function absent()
  redis.call('ZREM', KEYS[18], id)
  redis.call('ZREM', KEYS[19], id)
  return -2
end
if redis.call('HEXISTS', KEYS[2], id) == 0 then return absent() end
local mailbox = redis.call('HMGET', KEYS[8], 'mailbox', 'owner', 'named')
local isMailbox = mailbox[1] == '1'
if whose == 'mailbox' and not isMailbox then return absent() end
if string.sub(whose, 1, 1) == '=' and not (isMailbox and whose == '=' .. (mailbox[2] or '')) then return -2 end
if idleSince ~= '' then
  local called = redis.call('ZSCORE', KEYS[18], id)
  if not called or timeOf(called) > tonumber(idleSince) then return -1 end
end
if ARGV[2] ~= '' and redis.call('HGET', KEYS[8], 'version') ~= ARGV[2] then return -1 end
redis.call('HDEL', KEYS[2], ARGV[1])
giveQueueBack(KEYS[21], KEYS[8], id)
redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('ZREM', KEYS[3], ARGV[1])
if ARGV[3] ~= '' and redis.call('EXISTS', KEYS[11]) == 1 then redis.call('HSET', KEYS[12], ARGV[1], ARGV[3]) end
local cancelled = redis.call('HLEN', KEYS[6])
bump(KEYS[4], 'cancelled', cancelled)
redis.call('UNLINK', KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[13], KEYS[14], KEYS[15], KEYS[16])
if isMailbox then
  if mailbox[3] and redis.call('HGET', KEYS[17], mailbox[3]) == id then redis.call('HDEL', KEYS[17], mailbox[3]) end
  redis.call('ZREM', KEYS[18], id)
  redis.call('ZREM', KEYS[19], id)
  tellMail(KEYS[20], id, now)
end
return cancelled
