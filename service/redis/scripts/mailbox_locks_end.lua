-- mailbox_locks_end.lua: ends locks that have run out. Their messages wait again in their old places; one that was locked as often as it may be
-- becomes a dead letter.
-- KEYS  1 meta (hash)  2 counters (hash)  3 when locks run out (zset)  4 notices about mailboxes (zset)  5 dead letters of all endpoints (zset)
--       6 groups of dead letters (zset)  7 jobs (hash)  8 last retries of groups (hash)  9 order of the alerts (zset)  10 what they say (hash)
--       then per mailbox: queue q (zset), messages m (hash), locks l (zset), state s (hash), letters d (hash), their order z (zset)
-- ARGV  1 now ms  2 how often a message may be locked, 0: any number  3 most dead letters of an endpoint  then the ids
-- Reply {locks ended, letters made, 1 when more have run out, else 0, when the next lock of any mailbox runs out ms (-1: none), then per alert that was raised:
-- "<kind>|<id>", sentence}, or what is damaged (lib/types.lua).
-- A message that no subscription wants any more is cancelled. A mailbox that has as many dead letters as it may have is paused instead of getting one
-- more; that does not keep its client from reading. A call ends at most 200 locks of each mailbox.
-- O(locks · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/mailbox.lua
--@include lib/mail_notice.lua
--@include lib/letter.lua
--@include lib/retried.lua
--@include lib/alert.lua
--@include lib/notices.lua
--@include lib/burial.lua
local FIXED, PER_MAILBOX, MOST = 10, 6, 200
local POISONED, WHY = 3, 'its client locked it as often as Mailboxes:MaxReceives allows, and never confirmed it'
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'zset', KEYS[5], 'zset', KEYS[6], 'zset', KEYS[7], 'hash',
  KEYS[8], 'hash', KEYS[9], 'zset', KEYS[10], 'hash'})
if wrong then return wrong end
local rules = {now = tonumber(ARGV[1]), mostLetters = tonumber(ARGV[3]), allLetters = KEYS[5], groups = KEYS[6], jobs = KEYS[7], retried = KEYS[8],
  counters = {deadLettered = 0, cancelled = 0}}
local now, mostLocks = rules.now, tonumber(ARGV[2])
if not (now and mostLocks and rules.mostLetters) or #KEYS ~= FIXED + PER_MAILBOX * (#ARGV - 3) then
  return redis.error_reply('LULLARG mailbox_locks_end')
end

-- The first pass only reads.
local mailboxes = {}
for i = 4, #ARGV do
  local k = FIXED + PER_MAILBOX * (i - 4)
  local e = {id = ARGV[i], q = KEYS[k + 1], m = KEYS[k + 2], l = KEYS[k + 3], s = KEYS[k + 4], d = KEYS[k + 5], z = KEYS[k + 6], keys = {}, stored = {}}
  wrong = wrongType({e.q, 'zset', e.m, 'hash', e.l, 'zset', e.s, 'hash', e.d, 'hash', e.z, 'zset'})
  if wrong then return wrong end
  local found, refused = readMailbox(e, '')
  if refused then return refused end
  e.found = found
  if found then e.keys = redis.call('ZRANGEBYSCORE', e.l, '-inf', text(now), 'LIMIT', 0, MOST) end
  local bad = {}
  for n, key in ipairs(e.keys) do
    e.stored[n] = redis.call('HGET', e.m, key)
    if not e.stored[n] or not isMessage(e.stored[n]) then bad[#bad + 1] = key end
    local letter = mostLocks > 0 and redis.call('HGET', e.d, key)
    if letter and not isLetter(letter) then return damaged('letter', e.id, {key}) end
  end
  if #bad > 0 then return damaged('message', e.id, bad) end
  e.hasLetters = redis.call('EXISTS', e.d) == 1
  mailboxes[#mailboxes + 1] = e
end
redis.call('HDEL', KEYS[1], '')

local reply = {0, 0, 0, -1}
local function raise(e, kind, sentence)
  raiseAlert(KEYS[9], KEYS[10], kind .. '|' .. e.id, now, 1, sentence)
  reply[#reply + 1], reply[#reply + 2] = kind .. '|' .. e.id, sentence
end

-- Returns whether the message became a letter.
local function bury(e, key, packed)
  local before = redis.call('HGET', e.d, key)
  if not hasRoom(e, before, rules) then
    if e.state.paused then return false end
    e.state.paused = 'dead-letters-full'
    redis.call('HSET', e.s, 'paused', e.state.paused, 'pausedSince', text(now))
    redis.call('HINCRBY', e.s, 'version', 1)
    redis.call('HINCRBY', KEYS[1], 'rev', 1)
    raise(e, 'endpoint-paused', fullNotice(rules.mostLetters))
    return false
  end
  local m = readMessage(packed)
  if m.firstFailed == 0 then m.firstFailed = now end
  local op = {reason = POISONED, code = 0, class = 0, error = 'I' .. string.sub(WHY, 2) .. '.', why = WHY}
  makeLetter(e, key, packed, m, before, '', op, rules, function(kind, sentence) raise(e, kind, sentence) end)
  dropMail(e, key, packed)
  return true
end

local function endLock(e, key, packed)
  reply[1] = reply[1] + 1
  if not wanted(e.state, key, packed) then
    dropMail(e, key, packed)
    rules.counters.cancelled = rules.counters.cancelled + 1
  elseif mostLocks > 0 and readMessage(packed).attempts >= mostLocks and bury(e, key, packed) then
    reply[2] = reply[2] + 1
  else
    unlockMail(e, key, packed, true)
    e.waits = true
  end
end

for _, e in ipairs(mailboxes) do
  for n, key in ipairs(e.keys) do endLock(e, key, e.stored[n]) end
  if #e.keys == MOST then reply[3] = 1 end
  if e.waits then tellMail(KEYS[4], e.id, now) end
  local first = e.found and redis.call('ZRANGE', e.l, 0, 0, 'WITHSCORES')[2]
  if first then redis.call('ZADD', KEYS[3], text(timeOf(first)), e.id) else redis.call('ZREM', KEYS[3], e.id) end
end
for name, value in pairs(rules.counters) do bump(KEYS[2], name, value) end
if #reply > 4 then forgetAlerts(KEYS[9], KEYS[10]) end
local following = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2]
if following then reply[4] = timeOf(following) end
return reply
