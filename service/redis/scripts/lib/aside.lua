-- aside.lua: what cannot be read is kept for a person to look at: in a hash of its own, bounded, by what it was and where.
local MOST_ASIDE, MOST_BYTES = 1000, 16384

-- Counts it, unless the same lies there already: several processes may meet it. `lost`: it was met once, and how many pending messages
-- it was, for I8.
local function setAside(counters, aside, name, value, lost)
  local kept = string.sub(value, 1, MOST_BYTES)
  local known = redis.call('HGET', aside, name) == kept
  if not known and redis.call('HLEN', aside) < MOST_ASIDE then redis.call('HSET', aside, name, kept) end
  if not known or lost then bump(counters, 'unreadable', 1) end
  if lost then bump(counters, 'cancelled', lost) end
end
