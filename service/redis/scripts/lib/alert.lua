-- alert.lua: what a person should look at, one entry per kind and subject: the order of the alerts (zset "<kind>|<subject>" → ms) and
-- what they say (hash "<kind>|<subject>" → "<count>|<sentence>"). `redis/alert_store.cpp` reads them.
local MOST_ALERTS = 500

-- A repetition counts up, and renews time and sentence. O(log kept).
local function raiseAlert(order, alerts, member, at, times, sentence)
  local before = string.match(redis.call('HGET', alerts, member) or '', '^(%d+)|')
  local count = math.min(tonumber(before or 0) + times, 9007199254740991)
  redis.call('HSET', alerts, member, text(count) .. '|' .. sentence)
  redis.call('ZADD', order, 'GT', text(at), member)
end

-- The last ones are kept.
local function forgetAlerts(order, alerts)
  local surplus = redis.call('ZCARD', order) - MOST_ALERTS
  if surplus <= 0 then return end
  for _, member in ipairs(redis.call('ZRANGE', order, 0, surplus - 1)) do
    redis.call('ZREM', order, member)
    redis.call('HDEL', alerts, member)
  end
end
