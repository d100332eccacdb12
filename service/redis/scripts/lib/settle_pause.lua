-- settle_pause.lua: the endpoint is paused, the message waits (an action of settle.lua).

-- A flag of a settlement, beside those of lib/breaker.lua: the receiver itself answered that nothing more may come.
local ANSWERED = 8

-- Reason and notice of "<reason>|<notice>".
local function pauseIn(argument) return string.match(argument, '^([%l%-]+)|(.*)$') end

-- `sentence` is what the alert says. An earlier pause keeps its reason.
local function pause(e, reason, sentence, rules)
  if e.state.paused then return end
  notice(e, rules, 'endpoint-paused', sentence)
  change(e, 'paused', reason)
  change(e, 'pausedSince', rules.now)
  -- A registration shows whether it is enabled: a new version, so that no edit that was read before undoes the pause.
  redis.call('HINCRBY', e.s, 'version', 1)
  redis.call('HINCRBY', rules.meta, 'rev', 1)
end

-- The channel says that nothing may be sent to the endpoint. No attempt is spent; where the receiver answered, the content may be known
-- there all the same.
local function hold(e, key, packed, op, rules)
  local m = readMessage(packed)
  local reason, sentence = pauseIn(op.pause)
  if bit.band(op.flags, ANSWERED) ~= 0 then
    m.attempts = math.max(m.attempts - 1, 0)
    noSuccess(e, op.error)
  else
    undoClaim(m)
    e.fields.error = op.error
  end
  pause(e, reason, sentence, rules)
  backToWaiting(e, key, m, m.due, rules)
end
