-- states.lua: reads the states of endpoints, all of the same moment.
-- KEYS  per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), letters d (hash), set-aside messages x (zset)
-- ARGV  1 now ms  2 how many messages of each endpoint are looked at for the last number: so many that are next in line, and so many leased
-- Reply per endpoint {messages, leased, letters, when its next attempt is due ms (-1: never), reason of its pause or "", breaker open 0|1,
--        attempts in a row that were no success, time of the last success or "", last error or "",
--        how many events it has missed or "", the first and last sequence of these or "",
--        of a mailbox when the event of its oldest message was admitted (-1: it has none, or it is none),
--        of those looked at, since when the longest due one waits (-1: none is due; it is paused; a mailbox)}
-- O(endpoints * messages looked at). Reads only.
--@include lib/types.lua
--@include lib/reading.lua
--@include lib/endpoint.lua
--@include lib/message.lua
--@include lib/mailbox_age.lua
local NEVER = 9007199254740992
local now = tonumber(ARGV[1])
local looks = tonumber(ARGV[2])
if not now or not looks or #KEYS % 6 ~= 0 then return redis.error_reply('LULLARG states') end

-- Returns since when the longest due of the messages `keys` waits. A broker that is away changes when a message is due, and not when the
-- schedule wanted its attempt (`entryDue` in lib/message.lua).
local function dueSince(messages, keys, since)
  if misread or not keys or #keys == 0 then return since end
  for _, packed in ipairs(ask('hash', 'HMGET', messages, unpack(keys))) do
    local wanted = packed and isMessage(packed) and entryDueOf(packed) or NEVER
    if wanted <= now then since = math.min(since, wanted) end
  end
  return since
end

-- The same of one endpoint; -1 when nothing is due.
local function longestDue(messages, queue, leases)
  local since = dueSince(messages, ask('zset', 'ZRANGE', queue, 0, looks - 1), NEVER)
  since = dueSince(messages, ask('zset', 'ZRANGE', leases, 0, looks - 1), since)
  return since < NEVER and since or -1
end

local reply = {}
for k = 1, #KEYS, 6 do
  local waiting, leased, letters = ask('hash', 'HLEN', KEYS[k + 1]), ask('zset', 'ZCARD', KEYS[k + 2]), ask('hash', 'HLEN', KEYS[k + 4])
  local told = ask('hash', 'HMGET', KEYS[k + 3], 'success', 'error', 'missed', 'missedFirst', 'missedLast')
  if misread then return misread end
  local state = readState(KEYS[k + 3])
  if not state or state.damaged then state = {paused = false, gate = 0, openUntil = 0, streak = 0, sweep = 0, lanes = 0} end
  local headKey, head = unpack(ask('zset', 'ZRANGE', KEYS[k], 0, 0, 'WITHSCORES') or {})
  local aside = state.lanes == ENDPOINT and (ask('zset', 'ZRANGE', KEYS[k + 5], 0, 0, 'WITHSCORES') or {})[2]
  if misread then return misread end
  local first = math.min(head and timeOf(head) or NEVER, aside and timeOf(aside) or NEVER)
  local nextAttempt, oldestMail = -1, state.mailbox == 1 and oldestMailOf(KEYS[k + 1], headKey, KEYS[k + 2]) or -1
  if misread then return misread end
  if first < NEVER and state.mailbox ~= 1 and not state.paused then
    local due = state.sweep > 0 and math.min(first, now) or first
    nextAttempt = math.max(due, closedUntil(state, now))
  end
  local waits = looks > 0 and waiting > 0 and state.mailbox ~= 1 and not state.paused
  local due = waits and longestDue(KEYS[k + 1], KEYS[k], KEYS[k + 2]) or -1
  if misread then return misread end
  reply[#reply + 1] = {waiting, leased, letters, nextAttempt, state.paused or '', state.openUntil > 0 and 1 or 0, state.streak,
    told[1] or '', told[2] or '', told[3] or '', told[4] or '', told[5] or '', oldestMail, due}
end
return reply
