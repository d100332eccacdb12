-- batch.lua: one command for many members instead of one for each: what a command costs is mostly its call.

-- As many as Lua's stack can surely pass on; even, so that pairs stay together.
local AT_ONCE = 2000

-- `command key member…` for all of `members` (pairs for ZADD and HSET); nothing when there are none. Gives what Redis counted.
local function callAll(command, key, members)
  local counted = 0
  for from = 1, #members, AT_ONCE do
    counted = counted + redis.call(command, key, unpack(members, from, math.min(from + AT_ONCE - 1, #members)))
  end
  return counted
end

-- What `command` (HMGET, ZMSCORE) answers for `members`, in the same order; false for one that is not there.
local function askAll(command, key, members)
  local values = {}
  for from = 1, #members, AT_ONCE do
    local run = redis.call(command, key, unpack(members, from, math.min(from + AT_ONCE - 1, #members)))
    for i = 1, #run do values[from + i - 1] = run[i] end
  end
  return values
end
