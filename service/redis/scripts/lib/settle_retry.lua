-- settle_retry.lua: the actions of settle.lua after which the message waits for another attempt.

-- The attempt failed. The retry schedule says when the next one is due.
local function reschedule(e, key, packed, op, rules)
  local m = readMessage(packed)
  if m.firstFailed == 0 then m.firstFailed = rules.now end
  m.losses, m.step, m.entryDue = 0, op.step, op.due
  remember(e, key, op.attempt)
  judge(e, op.flags, op.error, rules)
  if e.state.lanes == ENDPOINT then change(e, 'attemptedAt', rules.now) end
  backToWaiting(e, key, m, op.due, rules)
end

-- A flag of a settlement, like those in lib/breaker.lua: the receiver skipped the message without fault, so no attempt is counted.
local UNCOUNTED = 16

-- The receiver wants the message later and the next one now. It leaves its lane and is sent again when it is due. Only an endpoint with one
-- lane has a place for it.
local function moveAside(e, key, packed, op, rules)
  if e.state.lanes ~= ENDPOINT then return reschedule(e, key, packed, op, rules) end
  local m = readMessage(packed)
  m.losses, m.step, m.entryDue = 0, op.step, op.due
  if bit.band(op.flags, UNCOUNTED) ~= 0 then
    m.attempts = math.max(m.attempts - 1, 0)
    lives(e, rules)
  else
    if m.firstFailed == 0 then m.firstFailed = rules.now end
    remember(e, key, op.attempt)
    judge(e, op.flags, op.error, rules)
  end
  if not has(m, ASIDE) then e.left[#e.left + 1] = key end
  set(m, ASIDE)
  set(m, REPLAY)
  backToWaiting(e, key, m, op.due, rules)
end

-- A flag of a settlement: what carries the messages is away, so that nobody is to blame.
local AGELESS = 32

-- From `began`, when the attempt began that found the way gone, until `due` nothing of the endpoint grows older: its own clock (activeClock in
-- lib/endpoint.lua) is set back by that time, as far as another park has not done so already (it goes up to the gate). While the endpoint is
-- paused that clock stands still anyway.
local function standStill(e, began, due)
  if e.state.paused then return end
  local stands = due - math.max(began, e.state.gate)
  if stands > 0 then change(e, 'pausedTotal', e.state.pausedTotal + stands) end
end

-- The receiver asked for a pause, or the broker on the way is away. The message is due now, behind the messages that were due earlier, and the
-- whole endpoint is closed until `due`. If the message kept its place, an item whose content makes the receiver ask for a pause would be tried
-- first again after each pause, and no other item would ever be sent.
local function park(e, key, packed, op, rules)
  if bit.band(op.flags, AGELESS) ~= 0 then standStill(e, tonumber(op.more), op.due) end
  local m = readMessage(packed)
  if m.firstFailed == 0 then m.firstFailed = rules.now end
  m.losses, m.attempts = 0, math.max(m.attempts - 1, 0)
  remember(e, key, op.attempt)
  noSuccess(e, op.error)
  change(e, 'ramp', 1)
  if op.due > e.state.gate then change(e, 'gate', op.due) end
  giveProbeBack(e, op.flags, rules)
  backToWaiting(e, key, m, rules.now, rules)
end

-- The request never began, so the claim is undone.
local function release(e, key, packed, op, rules)
  local m = readMessage(packed)
  undoClaim(m)
  giveProbeBack(e, op.flags, rules)
  backToWaiting(e, key, m, math.max(m.due, op.due), rules)
end
