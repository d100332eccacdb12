-- settle_success.lua: the action of settle.lua when the receiver answered with success. A dead letter of the same item with the same
-- content or older is marked as superseded. Letters of messages in lanes are never superseded, because each tells of another event.
local function complete(e, key, packed, op, rules)
  rules.counters.delivered = rules.counters.delivered + 1
  if e.hasHistory then e.forgotten[#e.forgotten + 1] = key end
  promoteSuccessor(e, key, rules)
  succeeded(e, rules)
  local found = e.hasLetters and e.state.lanes == 0 and redis.call('HGET', e.d, key)
  if not found or not others().isLetter(found) then return end
  local letter = others().readLetter(found)
  if letter.supersededAt == 0 and readMessage(packed).upto >= readMessage(letter.message).upto then
    redis.call('ZREM', rules.groups, others().groupMember(e.id, key, letter))
    letter.supersededAt = rules.now
    redis.call('ZADD', rules.groups, 0, others().groupMember(e.id, key, letter))
    redis.call('HSET', e.d, key, others().packLetter(letter))
  end
end
