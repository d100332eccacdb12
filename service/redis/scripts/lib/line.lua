-- line.lua: keeps the order of messages that are made due together. A queue sorts messages that have the same due time by their keys. To
-- be sent in another order they get different scores within one millisecond: the due time is the whole milliseconds, and the fraction is
-- the place in the line.

-- The places in one millisecond. A double that holds today's time in milliseconds can tell so many fractions apart. Redis revives about
-- 50 letters in a millisecond, so there is room.
local PLACES = 4096

-- Returns the due time, in whole milliseconds, of a score in a queue.
local function dueOf(score) return math.ceil(timeOf(score)) end

-- Returns a function that returns scores. Each is higher than the one before and than all scores that the queue has for this millisecond.
-- All of them mean due at `now`, behind everything that was due a millisecond earlier.
local function lineUp(queue, now)
  local last = redis.call('ZREVRANGEBYSCORE', queue, '(' .. text(now), '(' .. text(now - 1), 'WITHSCORES', 'LIMIT', 0, 1)
  local place = last[2] and math.floor((tonumber(last[2]) - (now - 1)) * PLACES + 0.5) or 0
  return function()
    place = math.min(place + 1, PLACES)
    return string.format('%.17g', now - 1 + place / PLACES)
  end
end
