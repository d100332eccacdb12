-- fire_next.lua: when windows fire next. While little happens a call for one window costs little less than one for several, so windows that
-- are due close together share a call: the first of them fires later by the slack at most.
--@include lib/types.lua
--@include lib/key.lua

-- So many windows share a call; and so many, those that are due first, are looked at.
local MOST_TOGETHER, MOST_AHEAD = 4, 16

-- Returns when to fire, ms, nil when no window is open; and the bits of those looked at. Nothing is put off that is due already, nor when
-- all that are looked at are due within the slack: then calls follow each other closely, and each finds several windows as it is.
local function nextFiring(index, now, slack)
  local ahead, bits = redis.call('ZRANGE', index, 0, MOST_AHEAD - 1, 'WITHSCORES'), 0
  for i = 1, #ahead, 2 do bits = bit.bor(bits, bitOf(ahead[i])) end
  if #ahead == 0 then return nil, bits end
  local first = timeOf(ahead[2])
  local at, latest = first, first + slack
  if first <= now or (#ahead == 2 * MOST_AHEAD and timeOf(ahead[#ahead]) <= latest) then return first, bits end
  for i = 4, math.min(#ahead, 2 * MOST_TOGETHER), 2 do
    local due = timeOf(ahead[i])
    if due <= latest then at = due end
  end
  return at, bits
end
