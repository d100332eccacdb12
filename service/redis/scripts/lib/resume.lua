-- resume.lua: ends the pause of an endpoint.

-- Lets the message that blocked its endpoint be attempted afresh, in the place where it waits: it goes before the messages that were set
-- aside after it. It may be gone meanwhile.
local function unblock(e, now)
  local key = redis.call('HGET', e.s, 'blocked')
  if not key then return end
  redis.call('HDEL', e.s, 'blocked')
  local packed = redis.call('HGET', e.m, key)
  if not packed or not isMessage(packed) or isLeased(packed) then return end
  local m = readMessage(packed)
  startAnew(m, now)
  m.stamp = activeClock(e.state, now)
  redis.call('HSET', e.m, key, packMessage(m))
  redis.call('ZADD', isAside(packed) and e.x or e.q, 'LT', text(now), key)
end

-- `e` is as in lib/lane.lua. The time it was paused is added up, because MaxAge does not count it.
local function resume(e, now)
  local state = e.state
  if state.paused then
    local paused = math.max(now - state.pausedSince, 0)
    redis.call('HINCRBY', e.s, 'pausedTotal', text(paused))
    state.pausedTotal = state.pausedTotal + paused
  end
  -- It was full, so first its queue has to become shorter (fan.lua).
  if redis.call('HDEL', e.s, 'full') == 1 then redis.call('HSET', e.s, 'draining', '1') end
  redis.call('HDEL', e.s, 'paused', 'pausedSince')
  state.paused = nil
  unblock(e, now)
end
