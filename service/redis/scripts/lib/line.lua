-- line.lua: the order of messages that an operator makes due at once. A queue sorts messages of one due time by their keys, so what is
-- to be sent in another order gets places within one millisecond: due times are whole milliseconds, places are fractions of one.

-- The bits that a double of milliseconds of today has left for the fraction. Redis revives about 50 letters in a millisecond, so there is
-- room.
local PLACES = 4096

-- The due time that messages hold, from a score in a queue.
local function dueOf(score) return math.ceil(timeOf(score)) end

-- Returns a function that gives scores, each later than the one before and than all scores given for this millisecond. All of them are
-- due `now`, behind everything that was due a millisecond ago.
local function lineUp(queue, now)
  local last = redis.call('ZREVRANGEBYSCORE', queue, '(' .. text(now), '(' .. text(now - 1), 'WITHSCORES', 'LIMIT', 0, 1)
  local place = last[2] and math.floor((tonumber(last[2]) - (now - 1)) * PLACES + 0.5) or 0
  return function()
    place = math.min(place + 1, PLACES)
    return string.format('%.17g', now - 1 + place / PLACES)
  end
end
