-- queue_retry.lua: makes waiting messages of one endpoint due now, in the order given. It can also end park, breaker and a block.
-- KEYS  1 meta (hash)  2 wake-up index (zset)  3 queue q (zset)  4 leases l (zset)  5 state s (hash)  6 messages m (hash)
--       7 messages that its receiver set aside x (zset, lib/lane.lua)  8 notices about mailboxes (zset)
-- ARGV  1 endpoint id  2 now ms  3 end park, breaker and block 0|1  then per message that was seen: key, sequence of its webhook-id
-- Reply: how many of them wait; -1 when there is no such endpoint, -3 when it has one lane and an operator has paused it. A message that
-- is leased, or has another webhook-id than the one that was seen, stays as it is.
-- When the message that blocks the endpoint is among them, the block ends as well: its attempts begin anew. When that message is gone,
-- any other ends it. Of a mailbox it ends locks: the messages wait again in their old places, and the locks count for nothing. With argument 3
-- it resumes one that was full.
-- O(keys · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/line.lua
--@include lib/resume.lua
--@include lib/lane.lua
--@include lib/mailbox.lua
--@include lib/mail_notice.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'zset', KEYS[5], 'hash', KEYS[6], 'hash',
  KEYS[7], 'zset', KEYS[8], 'zset'})
if wrong then return wrong end
local now = tonumber(ARGV[2])
if not (now and string.match(ARGV[3] or '', '^[01]$')) or (#ARGV - 3) % 2 ~= 0 then return redis.error_reply('LULLARG queue_retry') end
local e = {id = ARGV[1], q = KEYS[3], l = KEYS[4], s = KEYS[5], m = KEYS[6], x = KEYS[7], state = readState(KEYS[5])}
local state = e.state
if not state then return -1 end
if state.damaged then return damaged('state', ARGV[1], {}) end
if state.lanes == ENDPOINT and state.paused == 'operator' then return -3 end
redis.call('HDEL', KEYS[1], '')
local ends = ARGV[3] == '1'

local function go()
  resume(e, now)
  redis.call('HINCRBY', KEYS[5], 'version', 1)
  redis.call('HINCRBY', KEYS[1], 'rev', 1)
end

local function unlockAll()
  local unlocked = 0
  for i = 4, #ARGV, 2 do
    local packed = redis.call('ZSCORE', e.l, ARGV[i]) and redis.call('HGET', e.m, ARGV[i])
    if packed and isMessage(packed) and text((contentOf(packed))) == ARGV[i + 1] then
      unlockMail(e, ARGV[i], packed, false)
      unlocked = unlocked + 1
    end
  end
  if state.paused == 'queue-full' and ends then go() end
  if unlocked > 0 then tellMail(KEYS[8], e.id, now) end
  return unlocked
end
if state.mailbox == 1 then return unlockAll() end
if ends then tryAgain(KEYS[5], state) end
local blocked = redis.call('HGET', KEYS[5], 'blocked')
local blockerIsGone = not blocked or redis.call('HEXISTS', KEYS[6], blocked) == 0
local retried = 0
local places = {[KEYS[3]] = lineUp(KEYS[3], now), [KEYS[7]] = lineUp(KEYS[7], now)}
for i = 4, #ARGV, 2 do
  local packed = redis.call('HGET', KEYS[6], ARGV[i])
  if packed and isMessage(packed) and not isLeased(packed) and text((contentOf(packed))) == ARGV[i + 1] then
    local order = isAside(packed) and KEYS[7] or KEYS[3]
    local due = redis.call('ZSCORE', order, ARGV[i])
    if due then
      retried = retried + 1
      ends = ends or blockerIsGone or ARGV[i] == blocked
      if tonumber(due) > now then redis.call('ZADD', order, places[order](), ARGV[i]) end
    end
  end
end
if state.paused == 'blocked' and ends then
  go()
end
scheduleEndpoint(KEYS[2], e, state, now, false)
return retried
