-- takers.lua: which change types endpoints with lanes subscribe to. admit.lua appends the events of these bits to the stream. They stand in
-- the field `every` of the meta hash. A bit too many costs little: its events are passed over, and fan.lua, which knows the registry,
-- corrects the field. A bit too few would lose events, so registrations add bits here and never remove one, and a missing field means all.
local ALL_BITS = 2147483647

-- Returns the bits; all of them when the field is missing or cannot be read.
local function bitsOfEvery(found) return found and isWhole(found) and tonumber(found) <= ALL_BITS and tonumber(found) or ALL_BITS end

-- From now on some endpoint takes every event of the bits `fresh`. Returns the last sequence.
local function addTaken(fresh)
  local found = redis.call('HMGET', KEYS[1], 'every', 'seq')
  redis.call('HSET', KEYS[1], 'every', text(bit.bor(bitsOfEvery(found[1]), fresh)))
  return found[2] or '0'
end

-- The endpoint with this state takes every event of the bits `fresh` from now on, and of none that was accepted before.
local function takeEvery(state, fresh)
  local sequence = addTaken(fresh)
  for place = 0, 30 do
    local changeType = 2 ^ place
    if bit.band(fresh, changeType) ~= 0 then redis.call('HSET', state, 'since:' .. text(changeType), sequence) end
  end
end
