-- ids.lua: values that are kept for an id until a given time of the fleet's clock: a hash id → value and a sorted set id → until when.
-- Keys with a TTL would expire by the server's own clock, and one jump of that clock would remove them all.

-- Returns a table of those `ids` that are still kept: id → value. O(ids).
local function knownIds(values, order, ids, now)
  local known, untils = {}, askAll('ZMSCORE', order, ids)
  for i, value in ipairs(askAll('HMGET', values, ids)) do
    if value and untils[i] and tonumber(untils[i]) > now then known[ids[i]] = value end
  end
  return known
end

-- Keeps the pairs {id, value, id, value…} until `untilTime`.
local function rememberIds(values, order, pairsOfThem, untilTime)
  local places = {}
  for i = 1, #pairsOfThem, 2 do places[i], places[i + 1] = text(untilTime), pairsOfThem[i] end
  callAll('HSET', values, pairsOfThem)
  callAll('ZADD', order, places)
end

-- Removes at most `most` ids whose time has passed. Every script that adds ids removes some, so no thread has to do it.
local function forgetIds(values, order, now, most)
  local gone = redis.call('ZRANGEBYSCORE', order, '-inf', text(now), 'LIMIT', 0, most)
  callAll('HDEL', values, gone)
  callAll('ZREM', order, gone)
end
