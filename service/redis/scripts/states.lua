-- states.lua: reads the states of endpoints, all of the same moment.
-- KEYS  per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), letters d (hash), set-aside messages x (zset)
-- ARGV  1 now ms
-- Reply per endpoint {messages, leased, letters, when its next attempt is due ms (-1: never), reason of its pause or "", breaker open 0|1,
--        attempts in a row that were no success, time of the last success or "", last error or "",
--        how many events it has missed or "", the first and last sequence of these or "",
--        of a mailbox when the event of its oldest message was admitted (-1: it has none, or it is none)}
-- O(endpoints). Reads only.
--@include lib/types.lua
--@include lib/reading.lua
--@include lib/endpoint.lua
--@include lib/message.lua
--@include lib/mailbox_age.lua
local NEVER = 9007199254740992
local now = tonumber(ARGV[1])
if not now or #KEYS % 6 ~= 0 then return redis.error_reply('LULLARG states') end
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
  reply[#reply + 1] = {waiting, leased, letters, nextAttempt, state.paused or '', state.openUntil > 0 and 1 or 0, state.streak,
    told[1] or '', told[2] or '', told[3] or '', told[4] or '', told[5] or '', oldestMail}
end
return reply
