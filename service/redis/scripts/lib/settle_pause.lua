-- settle_pause.lua: the action of settle.lua that pauses an endpoint; its message waits.

--@include lib/epitaph.lua
--@include lib/pause.lua

-- A flag of a settlement, like those in lib/breaker.lua: the receiver itself answered that it wants nothing more.
local ANSWERED = 8

-- Pauses the endpoint and raises an alert with `sentence`. An endpoint that is paused already keeps the reason it has.
local function pause(e, reason, sentence, rules)
  if e.state.paused then return end
  notice(e, rules, 'endpoint-paused', sentence)
  change(e, 'paused', reason)
  change(e, 'pausedSince', rules.now)
  -- The registration shows whether the endpoint is enabled. It gets a new version, so an edit that is based on what was read before the
  -- pause is refused and does not undo it.
  redis.call('HINCRBY', e.s, 'version', 1)
  redis.call('HINCRBY', KEYS[1], 'rev', 1)
  rules.revisions = rules.revisions + 1
end

-- The message may not be buried, because the receiver wants nothing skipped (`onFailure: stop`). It waits where it stands; the endpoint is
-- paused. `blocked` names the message: when the endpoint is resumed, its attempts begin anew (lib/resume.lua).
local function block(e, key, m, op, rules)
  if op.attempt == '' then op.code, op.class, op.error = epitaph(op.reason, redis.call('HGET', e.t, key) or '') end
  e.fields.blocked = key
  pause(e, 'blocked', blockedNotice(op.reason, op.error), rules)
  backToWaiting(e, key, m, rules.now, rules)
end

-- The channel says that nothing may be sent to the endpoint. The attempt is not counted. When the receiver answered, it may know the
-- content, so the message stays marked as attempted; when nothing was sent, the whole claim is undone.
local function hold(e, key, packed, op, rules)
  local m = readMessage(packed)
  local reason, sentence = pauseIn(op.more)
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
