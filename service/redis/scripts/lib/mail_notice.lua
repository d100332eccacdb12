-- mail_notice.lua: says that a mailbox got a message that is not locked, may be read again, or was removed, because clients may be waiting for that: publishes its
-- id on a channel of the shard, and notes it in the sorted set `mailed` (id → number of the notice), because a published notice may be lost.
-- The numbers grow, also over an emptied store: they are microseconds since 1970, or higher. mailbox_news.lua reads them.

-- How long a notice is kept; whoever asks for older ones hears that any mailbox may have got one. Nothing else knows this number.
local NOTICES_KEPT = 3600 * 1000

-- All notices of one call have the same number.
local noticeNumber
local function drawNotice(mailed, now)
  local found = redis.call('HGET', KEYS[1], 'mailed')
  local last = found and isWhole(found) and tonumber(found) < 9007199254000000 and tonumber(found) or 0
  noticeNumber = text(math.max(last + 1, now * 1000))
  redis.call('HSET', KEYS[1], 'mailed', noticeNumber)
  redis.call('ZREMRANGEBYSCORE', mailed, '-inf', text((now - NOTICES_KEPT) * 1000))
end

local function tellMail(mailed, id, now)
  if not noticeNumber then drawNotice(mailed, now) end
  redis.call('ZADD', mailed, noticeNumber, id)
  -- A user of Redis may lack the right to publish; the notice is found a little later then.
  redis.pcall('PUBLISH', string.sub(KEYS[1], 1, -5) .. 'mail', id)
end
