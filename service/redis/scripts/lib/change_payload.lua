-- change_payload.lua: what the index of changes keeps of a payload (redis/message_codec.cpp).

-- Facts that were read, because most events of a call have the same ones: facts → event type, or false.
local typeOfFacts = {}

-- Returns event type, operation and packed base id of a payload; nil when it has no such form.
local function factsOfChange(payload)
  if #payload < 13 or string.byte(payload) ~= 3 then return nil end
  local length = struct.unpack('>I4', payload, 2)
  if length < 2 or length + 11 > #payload then return nil end
  local facts = string.sub(payload, 6, 5 + length)
  local eventType = typeOfFacts[facts]
  if eventType == nil then
    eventType = string.match(facts, '^.\255t([^\255]*)\255') or false
    typeOfFacts[facts] = eventType
  end
  local baseLength = struct.unpack('>H', payload, 6 + length)
  if not eventType or length + baseLength + 11 > #payload then return nil end
  return eventType, bit.band(string.byte(facts), 7), string.sub(payload, 8 + length, 7 + length + baseLength)
end

-- Returns a payload that says no more than an entry of the index does; of data, scope and changed fields nothing is known.
local function payloadOfChange(eventType, operation, base)
  local facts = string.char(operation + 32) .. '\255t' .. eventType .. '\255'
  return struct.pack('>BI4c0Hc0I4', 3, #facts, facts, #base, base, 0)
end
