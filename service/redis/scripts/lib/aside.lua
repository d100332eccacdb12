-- aside.lua: values that cannot be read are kept in a hash of their own for an operator to look at. The field says what the value was and
-- where it was found.

-- Bounds the memory of the hash to 16 MiB, however much is damaged. Nothing else knows these numbers. What is beyond them is removed and
-- counted, but not kept.
local MOST_ASIDE, MOST_BYTES = 1000, 16384

-- Keeps a value and counts it as unreadable. Several processes may meet the same value, so one that was kept already is not counted again.
-- `lost` is given when the script has just removed the value, so that nobody else can have counted it: how many pending messages were
-- lost with it, which count as cancelled (I8).
local function setAside(counters, aside, name, value, lost)
  local kept = string.sub(value, 1, MOST_BYTES)
  local known = redis.call('HGET', aside, name) == kept
  if not known and redis.call('HLEN', aside) < MOST_ASIDE then redis.call('HSET', aside, name, kept) end
  if not known or lost then bump(counters, 'unreadable', 1) end
  if lost then bump(counters, 'cancelled', lost) end
end
