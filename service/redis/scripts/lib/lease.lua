-- lease.lua: the score of a lease (sorted set `l`). It says when the lease expires and which process holds it, by the slot of that process
-- (clock.lua), so that takeover.lua finds the leases of a process by the scores alone. The score rounded up is the expiry, and its fraction
-- is the slot, as lib/line.lua does with places. So a whole time compares with a score as it does with the expiry.

local SLOTS = 1024
-- Up to this time (the year 2248) a double holds milliseconds with ten bits of fraction.
local EXACT_UNTIL = 8796093022208

-- Without a slot (0) the lease is of a process that has no sign of life: nobody takes it over before it expires.
local function leaseScore(expiry, slot)
  if slot == 0 or expiry > EXACT_UNTIL then return text(expiry) end
  return string.format('%.17g', expiry - 1 + slot / SLOTS)
end

local function slotOf(score)
  local time = timeOf(score)
  return (time - math.floor(time)) * SLOTS
end

-- Returns the slot in an argument; nil when it is none.
local function slotIn(argument)
  local slot = argument and isWhole(argument) and tonumber(argument)
  return slot and slot < SLOTS and slot or nil
end
