-- lane_audit.lua: puts the lanes of an endpoint in order again after damage (lib/lane.lua says what they are). For audit.lua. Whatever was
-- lost, the messages say by their keys in which lane they stand and where: the first one is the head. `e` is as there. Each function returns
-- how much it repaired.
--@include lib/walk.lua

-- Returns the key of the message that a lane names as its head, or nil when it names none that is there. A tombstone counts while it has a
-- lease. `heads` keeps what was found: lane → key, false when there is none.
local function headOf(e, lane, heads)
  if heads[lane] ~= nil then return heads[lane] or nil end
  local position = redis.call('HGET', e.h, lane)
  local key = position and text(#lane) .. ':' .. lane .. position
  local lives = key and (redis.call('HEXISTS', e.m, key) == 1
    or (redis.call('HEXISTS', e.h, tombstoneOf(key)) == 1 and redis.call('ZSCORE', e.l, key) and true))
  heads[lane] = lives and key or false
  return heads[lane] or nil
end

local function makeHead(e, key, heads)
  local lane, position = placeOf(key)
  redis.call('HSET', e.h, lane, position)
  heads[lane] = key
  return 1
end

-- A lane without a head gets the first message that stands behind, or `key` when that comes before it and is in no order.
local function fillLane(e, lane, key, packed, now, heads)
  local first = lanes().firstBehind(e, lane)
  if key and (not first or bytesBefore(key, first)) then
    redis.call('ZADD', e.q, text(readMessage(packed).due), key)
    return makeHead(e, key, heads)
  end
  if key then redis.call('ZADD', e.b, 0, key) end
  if not first then
    redis.call('HDEL', e.h, lane)
    heads[lane] = false
    return 1
  end
  redis.call('ZREM', e.b, first)
  lanes().becomeHead(e, first, redis.call('HGET', e.m, first), now)
  heads[lane] = first
  return 1
end

-- Whether another message became the head while nothing named the right one. A letter that was revived may stand before lower positions.
local function isUsurper(e, head, key)
  if not bytesBefore(key, head) or not redis.call('ZSCORE', e.q, head) then return false end
  local packed = redis.call('HGET', e.m, head)
  return packed and isMessage(packed) and not isLeased(packed) and not has(readMessage(packed), REPLAY)
end

-- Looks at one message that is in the lane of its key. `place` is the order where it was found: e.q, e.l, e.b or nil.
local function auditPlace(e, key, packed, place, now, heads)
  local lane = placeOf(key)
  local head = headOf(e, lane, heads)
  if head == key then
    if place == e.q or place == e.l or redis.call('ZSCORE', e.q, key) then return 0 end
    redis.call('ZREM', e.b, key)
    redis.call('ZADD', e.q, text(readMessage(packed).due), key)
    return 1
  end
  if not head then
    if place == e.q or place == e.l then return makeHead(e, key, heads) end
    return fillLane(e, lane, place == nil and key, packed, now, heads)
  end
  if place == e.l then return 0 end
  if isUsurper(e, head, key) then
    redis.call('ZREM', e.q, head)
    redis.call('ZADD', e.b, 0, head)
    redis.call('ZREM', e.b, key)
    if place ~= e.q then redis.call('ZADD', e.q, text(readMessage(packed).due), key) end
    return makeHead(e, key, heads)
  end
  if place == e.b then return 0 end
  redis.call('ZREM', e.q, key)
  redis.call('ZADD', e.b, 0, key)
  return 1
end

-- Draws some lanes and tombstones at random, because what they name may be gone, so that no message leads to them.
local function auditHeads(e, count, now, heads)
  local back = 0
  for _, field in ipairs(redis.call('HRANDFIELD', e.h, count)) do
    local key = string.match(field, '^!(.*)$')
    if key then
      if not redis.call('ZSCORE', e.l, key) then back = back + redis.call('HDEL', e.h, field) end
    elseif not headOf(e, field, heads) then
      back = back + fillLane(e, field, nil, nil, now, heads)
    end
  end
  return back
end

-- Among members of different scores the first one of a lane cannot be found.
local function auditScores(e)
  local back = 0
  for _, range in ipairs({{'-inf', '(0'}, {'(0', '+inf'}}) do
    for _, key in ipairs(redis.call('ZRANGEBYSCORE', e.b, range[1], range[2], 'LIMIT', 0, 100)) do
      redis.call('ZADD', e.b, 0, key)
      back = back + 1
    end
  end
  return back
end
