-- settle_burial.lua: the action of settle.lua that makes a message a dead letter.
--@include lib/burial.lua

-- An endpoint that has as many dead letters as it may have keeps them all: it is paused, and the message waits.
local function bury(e, key, packed, op, rules)
  local m = readMessage(packed)
  if m.firstFailed == 0 then m.firstFailed = rules.now end
  if op.attempt ~= '' then
    remember(e, key, op.attempt)
    judge(e, op.flags, op.error, rules)
  else
    undoClaim(m)
  end
  if e.state.stop == 1 and wanted(e.state, key, packed) then return block(e, key, m, op, rules) end
  local before = redis.call('HGET', e.d, key)
  if not hasRoom(e, before, rules) then
    pause(e, 'dead-letters-full', fullNotice(rules.mostLetters), rules)
    backToWaiting(e, key, m, rules.now, rules)
    return
  end
  local history = redis.call('HGET', e.t, key) or ''
  if op.attempt == '' then op.code, op.class, op.error = epitaph(op.reason, history) end
  makeLetter(e, key, packed, m, before, history, op, rules, function(kind, sentence) notice(e, rules, kind, sentence) end)
  redis.call('HDEL', e.t, key)
  promoteSuccessor(e, key, rules)
end
