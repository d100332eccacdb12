-- endpoint_replace.lua: replaces a registration, which may pause or resume the endpoint.
-- KEYS  1 meta (hash)  2 registrations (hash)  3 wake-up index (zset)  4 state s (hash)  5 queue q (zset)  6 leases l (zset)
-- ARGV  1 id  2 blob  3 mask  4 enabled: 0 no, 1 yes, 2 yes and try again at once  5 now ms  6 version it must have
-- Reply: the new version, -1 when the version differs, -2 when there is no such endpoint.
-- When a paused endpoint is enabled, or argument 4 is 2, pause, breaker and park end, and the messages that an open breaker held back are
-- made due. The time it was paused is added up, because MaxAge does not count it. Disabling an endpoint that is paused already keeps the
-- reason it has.
-- O(log queue). Refused at maxmemory before anything is written (its first write is a HINCRBY).
--@include lib/types.lua
--@include lib/endpoint.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'zset'})
if wrong then return wrong end
local now = tonumber(ARGV[5])
if not (now and tonumber(ARGV[3])) or #ARGV ~= 6 then return redis.error_reply('LULLARG endpoint_replace') end
local state = readState(KEYS[4])
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return -2 end
if not state or state.damaged then return damaged('state', ARGV[1], {}) end
local version = redis.call('HGET', KEYS[4], 'version')
if version ~= ARGV[6] then return -1 end
redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[4], 'mask', ARGV[3])
state.mask = tonumber(ARGV[3])
if ARGV[4] == '0' then
  if not state.paused then
    redis.call('HSET', KEYS[4], 'paused', 'operator', 'pausedSince', text(now))
    state.paused = 'operator'
  end
elseif state.paused or ARGV[4] == '2' then
  if state.paused then redis.call('HINCRBY', KEYS[4], 'pausedTotal', text(math.max(now - state.pausedSince, 0))) end
  if state.openUntil > 0 then
    local latest = redis.call('ZREVRANGE', KEYS[5], 0, 0, 'WITHSCORES')
    if latest[2] and tonumber(latest[2]) > now then
      state.sweep = tonumber(latest[2])
      redis.call('HSET', KEYS[4], 'sweep', text(state.sweep), 'sweepFrom', '0')
    end
  end
  redis.call('HDEL', KEYS[4], 'paused', 'pausedSince')
  state.paused = nil
  tryAgain(KEYS[4], state)
end
scheduleEndpoint(KEYS[3], ARGV[1], KEYS[5], KEYS[6], state, now, false)
return redis.call('HINCRBY', KEYS[4], 'version', 1)
