-- calls_log.lua: adds attempts that no message was queued for (`delivery: sync`) to the logs of their endpoints, and notes how the last one
-- ended. An endpoint that may be sent nothing is paused.
-- KEYS  1 meta (hash)  2 wake-up index (zset)  3 order of the alerts (zset)  4 what they say (hash)
--       then per endpoint: state s (hash), attempt log a (list)
-- ARGV  1 now ms
--       then per endpoint: id, 1 when an attempt was a success else 0, how many have failed since the last success, last error or "",
--       "<reason of the pause>|<notice>" or "", number of attempts, then as many packed attempts, the oldest first
-- Reply {per endpoint that was paused: "endpoint-paused|<id>", notice}. An endpoint that is gone, or has an unreadable state, is passed over:
-- nothing but the log depends on this call.
-- O(attempts + endpoints · log endpoints). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/endpoint.lua
--@include lib/attempts.lua
--@include lib/alert.lua
--@include lib/pause.lua
local FIXED, PER_ENDPOINT = 4, 6
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'hash'})
if wrong then return wrong end
local now, at, endpoints = tonumber(ARGV[1]), 2, {}
for k = FIXED + 1, #KEYS, 2 do
  local count = tonumber(ARGV[at + 5])
  local e = {id = ARGV[at], s = KEYS[k], a = KEYS[k + 1], failures = tonumber(ARGV[at + 2]), error = ARGV[at + 3], attempts = {}}
  if not (now and e.a and e.failures and count and string.match(ARGV[at + 1], '^[01]$')) or (ARGV[at + 4] ~= '' and not pauseIn(ARGV[at + 4])) then
    return redis.error_reply('LULLARG calls_log')
  end
  e.succeeded, e.reason, e.notice = ARGV[at + 1] == '1', pauseIn(ARGV[at + 4])
  for i = 1, count do e.attempts[i] = ARGV[at + 5 + i] end
  at = at + PER_ENDPOINT + count
  wrong = wrongType({e.s, 'hash', e.a, 'list'})
  if wrong then return wrong end
  endpoints[#endpoints + 1] = e
end
if not now or at ~= #ARGV + 1 then return redis.error_reply('LULLARG calls_log') end
redis.call('HDEL', KEYS[1], '')

local reply = {}
local function pause(e)
  redis.call('HSET', e.s, 'paused', e.reason, 'pausedSince', text(now))
  -- As lib/settle_pause.lua does it: an edit that is based on what was read before is refused.
  redis.call('HINCRBY', e.s, 'version', 1)
  redis.call('HINCRBY', KEYS[1], 'rev', 1)
  redis.call('ZREM', KEYS[2], e.id)
  local member = 'endpoint-paused|' .. e.id
  raiseAlert(KEYS[3], KEYS[4], member, now, 1, e.notice)
  reply[#reply + 1], reply[#reply + 2] = member, e.notice
end

for _, e in ipairs(endpoints) do
  local state = readState(e.s)
  if state and not state.damaged then
    logAttempts(e.a, e.attempts)
    local fields = {'streak', text((e.succeeded and 0 or state.streak) + e.failures)}
    if e.succeeded then fields[3], fields[4] = 'success', text(now) end
    if e.error ~= '' then fields[#fields + 1], fields[#fields + 2] = 'error', e.error end
    redis.call('HSET', e.s, unpack(fields))
    if e.reason and not state.paused then pause(e) end
  end
end
if #reply > 0 then forgetAlerts(KEYS[3], KEYS[4]) end
return reply
