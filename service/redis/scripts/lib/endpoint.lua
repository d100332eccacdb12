-- endpoint.lua: an endpoint's delivery state (hash s:<id>) and its place in the wake-up index.
--
--   mask        the bits of the change types it subscribes to; without it the endpoint does not exist
--   paused, pausedSince, pausedTotal    why it is paused and since when; how long it was paused before that
--   gate, ramp  it is parked until `gate`; after that at most `ramp` messages are in flight, one more after each answer (0: no such limit)
--   openUntil, openStep, fails          breaker: when the next probe is due, the delay before it, failures in a row that count for it
--   streak      attempts in a row that were no success, whether or not they count for the breaker; shown to operators
--   version     of the registration; an edit must name it
--   sweep, sweepFrom   after the breaker has closed, messages that are due up to `sweep` are being made due; `sweepFrom` is how far that
--               has come (claim.lua)
local STATE = {'mask', 'paused', 'pausedSince', 'pausedTotal', 'gate', 'openUntil', 'openStep', 'fails', 'sweep', 'ramp', 'streak', 'version',
  'sweepFrom'}
--@include lib/key.lua

-- Returns the state; nil when there is no such endpoint; only {damaged = true} when the state cannot be read.
local function readState(key)
  local v = redis.call('HMGET', key, unpack(STATE))
  if not v[1] then return nil end
  for i = 1, #STATE do
    if v[i] and i ~= 2 and not isWhole(v[i]) then return {damaged = true} end
  end
  return {mask = tonumber(v[1]), paused = v[2], pausedSince = tonumber(v[3] or 0), pausedTotal = tonumber(v[4] or 0),
    gate = tonumber(v[5] or 0), openUntil = tonumber(v[6] or 0), openStep = tonumber(v[7] or 0), fails = tonumber(v[8] or 0),
    sweep = tonumber(v[9] or 0), ramp = tonumber(v[10] or 0), streak = tonumber(v[11] or 0), sweepFrom = tonumber(v[13] or 0)}
end

-- Ends park and breaker, because an operator wants the next message sent at once. The streak stays, because no attempt has ended.
local function tryAgain(key, state)
  redis.call('HDEL', key, 'gate', 'ramp', 'openUntil', 'openStep', 'fails')
  state.gate, state.ramp, state.openUntil = 0, 0, 0
end

local function subscribes(state, key) return bit.band(state.mask, bitOf(key)) ~= 0 end

-- Returns the time of the endpoint's own clock, by which MaxAge counts. That clock stands still while the endpoint is paused.
local function activeClock(state, now)
  local paused = state.pausedTotal
  if state.paused then paused = paused + (now - state.pausedSince) end
  return now - paused
end

-- Sets the time of the endpoint in the wake-up index: when its next message may be claimed or its next lease expires. It is removed from
-- the index when neither will happen. `full`: nothing more may be claimed until a lease ends.
local function scheduleEndpoint(index, id, queue, leases, state, now, full)
  if not state or state.paused then
    redis.call('ZREM', index, id)
    return
  end
  local closed = math.max(state.gate, state.openUntil)
  local wake
  if not full then
    local head = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
    if head[2] then
      local due = state.sweep > 0 and now or tonumber(head[2])
      wake = math.max(due, closed, now)
    end
  end
  -- While the endpoint is full, a lease that has expired already brings no claim. It is left out, or processes would ask again and again.
  local lease = redis.call('ZRANGEBYSCORE', leases, full and '(' .. text(now) or '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if lease[2] then
    local expiry = math.max(tonumber(lease[2]), closed)
    if not wake or expiry < wake then wake = expiry end
  end
  if wake then redis.call('ZADD', index, text(wake), id) else redis.call('ZREM', index, id) end
end

-- Removes a message and its successor without delivering them. Returns how many there were.
local function cancelMessage(queue, messages, leases, history, key)
  local gone = redis.call('HDEL', messages, key, successorOf(key))
  redis.call('ZREM', queue, key)
  redis.call('ZREM', leases, key)
  redis.call('HDEL', history, key)
  return gone
end
