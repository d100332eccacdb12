-- states.lua: reads the states of endpoints, all of the same moment.
-- KEYS  per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), letters d (hash)
-- ARGV  1 now ms
-- Reply per endpoint {messages, leased, letters, when its next attempt is due ms (-1: never), reason of its pause or "", breaker open 0|1,
--        attempts in a row that were no success, time of the last success or "", last error or ""}
-- O(endpoints). Reads only.
--@include lib/types.lua
--@include lib/reading.lua
--@include lib/endpoint.lua
local now = tonumber(ARGV[1])
if not now or #KEYS % 5 ~= 0 then return redis.error_reply('LULLARG states') end
local reply = {}
for k = 1, #KEYS, 5 do
  local head = ask('zset', 'ZRANGE', KEYS[k], 0, 0, 'WITHSCORES')
  local waiting, leased, letters = ask('hash', 'HLEN', KEYS[k + 1]), ask('zset', 'ZCARD', KEYS[k + 2]), ask('hash', 'HLEN', KEYS[k + 4])
  local told = ask('hash', 'HMGET', KEYS[k + 3], 'success', 'error')
  if misread then return misread end
  local state = readState(KEYS[k + 3])
  if not state or state.damaged then state = {paused = false, gate = 0, openUntil = 0, streak = 0, sweep = 0} end
  local nextAttempt = -1
  if head[2] and not state.paused then
    local due = state.sweep > 0 and math.min(timeOf(head[2]), now) or timeOf(head[2])
    nextAttempt = math.max(due, state.gate, state.openUntil)
  end
  reply[#reply + 1] = {waiting, leased, letters, nextAttempt, state.paused or '', state.openUntil > 0 and 1 or 0, state.streak,
    told[1] or '', told[2] or ''}
end
return reply
