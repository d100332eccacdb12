-- mailbox_news.lua: reads which mailboxes got a message that is not locked, or were removed, since a mark (lib/mail_notice.lua).
-- KEYS  1 meta (hash)  2 notices about mailboxes (zset)
-- ARGV  1 the mark, 0 to begin  2 now ms
-- Reply {the next mark, 1 when the mark is of another store or too old, so that any mailbox may have, else 0, then the ids}.
-- A mark lies at most a minute behind the present, so that it does not grow too old while nothing happens; clocks of replicas differ by less.
-- O(log mailboxes + ids, of which there are 1,000 at most: beyond that any mailbox may have). Reads only.
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset'})
if wrong then return wrong end
local MOST, LAG, OLDEST_MARK = 1000, 60000, 1800000
local mark, now = tonumber(ARGV[1]), tonumber(ARGV[2])
if #ARGV ~= 2 or not (mark and now) then return redis.error_reply('LULLARG mailbox_news') end
local found = redis.call('HGET', KEYS[1], 'mailed')
local last = math.max(found and isWhole(found) and tonumber(found) or 0, (now - LAG) * 1000)
local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. text(mark), '+inf', 'LIMIT', 0, MOST + 1)
if mark > last or mark < (now - OLDEST_MARK) * 1000 or #ids > MOST then return {last, 1} end
return {last, 0, unpack(ids)}
