-- stats.lua: every number that I8 speaks of, and each endpoint's state, at one moment.
-- KEYS  1 counters (hash)  2 window index (zset)  3 dead letters of all endpoints (zset)
--       then per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), letters d (hash)
-- ARGV  1 now ms
-- Reply {windows open, due of the earliest window (-1: none), dead letters, {counter, value…}, then per endpoint {messages,
--        leased, letters, due of its earliest waiting message that may be sent (-1: none), its next attempt (-1: none), paused, open 0|1,
--        attempts in a row that were no success, last success, last error}}
-- O(endpoints). Reads only.
--@include lib/types.lua
--@include lib/endpoint.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset'})
if wrong then return wrong end
local now = tonumber(ARGV[1])
if not now or (#KEYS - 3) % 5 ~= 0 then return redis.error_reply('LULLARG stats') end
local window = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local reply = {redis.call('ZCARD', KEYS[2]), window[2] and timeOf(window[2]) or -1, redis.call('ZCARD', KEYS[3]), redis.call('HGETALL', KEYS[1])}
for k = 4, #KEYS, 5 do
  wrong = wrongType({KEYS[k], 'zset', KEYS[k + 1], 'hash', KEYS[k + 2], 'zset', KEYS[k + 3], 'hash', KEYS[k + 4], 'hash'})
  if wrong then return wrong end
  local state = readState(KEYS[k + 3])
  if not state or state.damaged then state = {paused = false, gate = 0, openUntil = 0, streak = 0, sweep = 0} end
  local head = redis.call('ZRANGE', KEYS[k], 0, 0, 'WITHSCORES')
  local due, nextAttempt = -1, -1
  if head[2] and not state.paused then
    local closed = math.max(state.gate, state.openUntil)
    due = state.sweep > 0 and math.min(timeOf(head[2]), now) or timeOf(head[2])
    nextAttempt = math.max(due, closed)
    if closed > now then due = -1 end
  end
  local told = redis.call('HMGET', KEYS[k + 3], 'success', 'error')
  reply[#reply + 1] = {redis.call('HLEN', KEYS[k + 1]), redis.call('ZCARD', KEYS[k + 2]), redis.call('HLEN', KEYS[k + 4]), due,
    nextAttempt, state.paused or '', state.openUntil > 0 and 1 or 0, state.streak, told[1] or '', told[2] or ''}
end
return reply
