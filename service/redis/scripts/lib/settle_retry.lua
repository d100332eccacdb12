-- settle_retry.lua: the message waits for another attempt (actions of settle.lua).

-- The attempt failed, and the schedule says when the next one is due.
local function reschedule(e, key, packed, op, rules)
  local m = readMessage(packed)
  if m.firstFailed == 0 then m.firstFailed = rules.now end
  m.losses, m.step, m.entryDue = 0, op.step, op.due
  remember(e, key, op.attempt)
  judge(e, op.flags, op.error, rules)
  backToWaiting(e, key, m, op.due, rules)
end

-- It waits for the endpoint's gate only, behind those that wait already: what one item provokes must not hold up the others for ever.
local function park(e, key, packed, op, rules)
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

-- The request never began.
local function release(e, key, packed, op, rules)
  local m = readMessage(packed)
  undoClaim(m)
  giveProbeBack(e, op.flags, rules)
  backToWaiting(e, key, m, math.max(m.due, op.due), rules)
end
