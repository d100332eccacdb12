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
--   lanes       how its messages stand in line (lib/lane.lua): 0 debounced, 1 item, 2 endpoint, 3 none
--   stop        1: the head of its lane is never buried; the endpoint is paused instead (`blocked` names the message, lib/settle_burial.lua)
--   attemptedAt  lanes 2: when an attempt of the head ended last
--   toldFrom, toldTo   it is, or was, told of every event behind the first of these sequences, up to the second (0: until now). Windows all of
--               whose events are among them are not for it; those that hold an older one still are, also after it turned (lib/turned.lua)
--   sync        1: it is called within the requests that publish events, and gets no messages for these; 0: it was so once since `toldFrom`
--   bytes       how many bytes its messages hold, when it has lanes
--   filter      which events it wants of its change types (lib/facts.lua); absent: all
--   mailbox     1: it is a mailbox (lib/mailbox.lua); then also `owner`, who registered it, and `subs`, what it takes (lib/subscription.lua)
--   pace        how many attempts a second it may begin, and what has begun (lib/pace.lua); absent: no such limit
-- Other fields: success, error (shown to operators); named (of a mailbox: lib/mailbox.lua); since:<bit>, full, draining, missed, missedFirst, missedLast (fan.lua),
-- turned (fire.lua), blocked (lib/resume.lua), queue (lib/queue_owner.lua).
local STATE = {'mask', 'paused', 'pausedSince', 'pausedTotal', 'gate', 'openUntil', 'openStep', 'fails', 'sweep', 'ramp', 'streak', 'version',
  'sweepFrom', 'lanes', 'toldTo', 'filter', 'pace'}
local PAUSED, TOLD_TO = 2, 15
-- These matter only to endpoints that have or had another delivery than `debounced`; so the others are not asked for them.
local LANES_STATE = {'stop', 'attemptedAt', 'bytes', 'toldFrom', 'toldTo', 'sync', 'mailbox'}
--@include lib/key.lua
--@include lib/pace.lua
--@include lib/subscription.lua
local ITEM, ENDPOINT, EACH = 1, 2, 3

-- Reads what only mailboxes have. Returns whether it can be read.
local function readMailboxState(key, state)
  local found = redis.call('HMGET', key, 'owner', 'subs')
  state.owner, state.subs = found[1], found[2] and subscriptions().read(found[2])
  return state.owner and state.subs and true or false
end

-- Reads what only endpoints with lanes have. Returns whether it can be read.
local function readLanesState(key, state)
  local v = redis.call('HMGET', key, unpack(LANES_STATE))
  for i, name in ipairs(LANES_STATE) do
    if v[i] and not isWhole(v[i]) then return false end
    state[name] = tonumber(v[i] or 0)
  end
  return state.mailbox ~= 1 or readMailboxState(key, state)
end

-- Returns the state; nil when there is no such endpoint; only {damaged = true} when the state cannot be read.
local function readState(key)
  local v = redis.call('HMGET', key, unpack(STATE))
  if not v[1] then return nil end
  for i = 1, #STATE do
    if v[i] and i ~= PAUSED and i < TOLD_TO and not isWhole(v[i]) then return {damaged = true} end
  end
  local state = {mask = tonumber(v[1]), paused = v[2], pausedSince = tonumber(v[3] or 0), pausedTotal = tonumber(v[4] or 0),
    gate = tonumber(v[5] or 0), openUntil = tonumber(v[6] or 0), openStep = tonumber(v[7] or 0), fails = tonumber(v[8] or 0),
    sweep = tonumber(v[9] or 0), ramp = tonumber(v[10] or 0), streak = tonumber(v[11] or 0), sweepFrom = tonumber(v[13] or 0),
    lanes = tonumber(v[14] or 0), stop = 0, wasLaned = v[TOLD_TO] ~= false, filter = v[16] or nil, pace = v[17] or nil}
  if state.lanes > 0 and not readLanesState(key, state) then return {damaged = true} end
  return state
end

-- Returns the time before which nothing of the endpoint may be claimed: it is parked, its breaker is open, or it has begun as many attempts as
-- it may.
local function closedUntil(state, now)
  local closed = math.max(state.gate, state.openUntil)
  return state.pace and math.max(closed, pacing().nextAt(state, now)) or closed
end

-- Ends park and breaker, because an operator wants the next message sent at once. The streak stays, because no attempt has ended.
local function tryAgain(key, state)
  redis.call('HDEL', key, 'gate', 'ramp', 'openUntil', 'openStep', 'fails')
  state.gate, state.ramp, state.openUntil = 0, 0, 0
end

-- Returns the time of the endpoint's own clock, by which MaxAge counts. That clock stands still while the endpoint is paused.
local function activeClock(state, now)
  local paused = state.pausedTotal
  if state.paused then paused = paused + (now - state.pausedSince) end
  return now - paused
end

-- Returns when the first message of the endpoint is due that waits, whether or not it may be sent then; nil when none waits.
local function firstDue(e, state)
  local head = redis.call('ZRANGE', e.q, 0, 0, 'WITHSCORES')[2]
  local aside = state.lanes == ENDPOINT and redis.call('ZRANGE', e.x, 0, 0, 'WITHSCORES')[2]
  if head and aside then return math.min(tonumber(head), tonumber(aside)) end
  return tonumber(head or aside or nil)
end

-- Sets the time of the endpoint in the wake-up index. `due`: when its first message is due that may be claimed; `lease`: when its next lease
-- expires, or the score of that lease, whose fraction is a slot (lib/lease.lua). It is removed from the index when there is neither.
local function wakeAt(index, e, state, now, due, lease)
  local closed = closedUntil(state, now)
  local wake
  if due then wake = math.max(state.sweep > 0 and now or due, closed, now) end
  if lease then wake = math.min(wake or math.huge, math.max(math.ceil(lease), closed)) end
  if wake then redis.call('ZADD', index, text(wake), e.id) else redis.call('ZREM', index, e.id) end
end

-- The same, looking up both. `e` has its id and the keys q, l and x. `full`: nothing more may be claimed until a lease ends.
local function scheduleEndpoint(index, e, state, now, full)
  if not state or state.paused or state.mailbox == 1 then
    redis.call('ZREM', index, e.id)
    return
  end
  -- While the endpoint is full, a lease that has expired already brings no claim. It is left out, or processes would ask again and again.
  local lease = redis.call('ZRANGEBYSCORE', e.l, full and '(' .. text(now) or '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  wakeAt(index, e, state, now, not full and firstDue(e, state), lease and timeOf(lease))
end

-- Adds to `reply` the ids of endpoints that have a due message now, those that have waited longest first. Returns when the next one will
-- have one; -1 when none will.
local function nameReady(index, now, most, reply)
  local first = redis.call('ZRANGE', index, 0, 0, 'WITHSCORES')[2]
  if not first then return -1 end
  if timeOf(first) > now then return timeOf(first) end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', text(now), 'LIMIT', 0, most)) do reply[#reply + 1] = id end
  local later = redis.call('ZRANGEBYSCORE', index, '(' .. text(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  return later and timeOf(later) or -1
end
