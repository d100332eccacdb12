-- batch.lua: sends one command with many members instead of one command for each, because most of what a command costs is the call.

-- How many members one call passes: few enough for Lua's stack, and an even number, so that pairs stay together.
local AT_ONCE = 2000

-- Calls `command key member…` for all `members` (pairs for ZADD and HSET); calls nothing when there are none. Returns the sum of the
-- numbers that Redis answered.
local function callAll(command, key, members)
  local counted = 0
  for from = 1, #members, AT_ONCE do
    counted = counted + redis.call(command, key, unpack(members, from, math.min(from + AT_ONCE - 1, #members)))
  end
  return counted
end

-- Returns what `command` (HMGET, ZMSCORE) answers for `members`, in the same order; false for a member that does not exist.
local function askAll(command, key, members)
  local values = {}
  for from = 1, #members, AT_ONCE do
    local run = redis.call(command, key, unpack(members, from, math.min(from + AT_ONCE - 1, #members)))
    for i = 1, #run do values[from + i - 1] = run[i] end
  end
  return values
end
