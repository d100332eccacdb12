-- alert.lua: alerts, which tell an operator what to look at. There is one entry per kind and subject: its time in a sorted set
-- ("<kind>|<subject>" → ms), and what it says in a hash ("<kind>|<subject>" → "<count>|<sentence>"). `redis/alert_store.cpp` reads both.

-- Bounds the memory of alerts, whose subjects may be many. It stands here, because settle.lua raises alerts as well and would otherwise
-- carry it in every call. AlertQueue (redis/alert_queue.cpp) holds as many while Redis is away; alert_store_test.cpp tests both.
local MOST_ALERTS = 500

-- Stores an alert. One that exists already gets the new time and sentence, and its count grows. O(log alerts).
local function raiseAlert(order, alerts, member, at, times, sentence)
  local before = string.match(redis.call('HGET', alerts, member) or '', '^(%d+)|')
  local count = math.min(tonumber(before or 0) + times, 9007199254740991)
  redis.call('HSET', alerts, member, text(count) .. '|' .. sentence)
  redis.call('ZADD', order, 'GT', text(at), member)
end

-- Removes the oldest alerts when there are too many.
local function forgetAlerts(order, alerts)
  local surplus = redis.call('ZCARD', order) - MOST_ALERTS
  if surplus <= 0 then return end
  for _, member in ipairs(redis.call('ZRANGE', order, 0, surplus - 1)) do
    redis.call('ZREM', order, member)
    redis.call('HDEL', alerts, member)
  end
end
