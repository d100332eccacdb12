-- settle_pause.lua: the endpoint is paused, the message waits (actions of settle.lua).

-- An earlier pause keeps its reason.
local function pause(e, reason, message, rules)
  if e.state.paused then return end
  notice(e, rules, 'endpoint-paused', pauseNotice(reason, message, rules.mostLetters))
  change(e, 'paused', reason)
  change(e, 'pausedSince', rules.now)
  -- A registration shows whether it is enabled: a new version, so that no edit that was read before undoes the pause.
  redis.call('HINCRBY', e.s, 'version', 1)
  redis.call('HINCRBY', rules.meta, 'rev', 1)
end

local function pauseAsGone(e, key, packed, op, rules)
  local m = readMessage(packed)
  m.attempts = math.max(m.attempts - 1, 0)
  noSuccess(e, op.error)
  pause(e, 'gone', '', rules)
  backToWaiting(e, key, m, m.due, rules)
end

local function pauseByEgressRules(e, key, packed, op, rules)
  local m = readMessage(packed)
  e.fields.error = op.error
  pause(e, 'egress', op.error, rules)
  undoClaim(m)
  backToWaiting(e, key, m, m.due, rules)
end
