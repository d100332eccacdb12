-- sign.lua: the signs of life of the processes (sorted set `signs`): "<slot>:<nonce>" → the fleet's time until which the sign is valid. The
-- slot (1 to 1023) is the number of the process in its leases (lib/lease.lua); no two processes have the same. While the leases of a process
-- are being taken over its member is "<slot>:", so it no longer finds its own and gets another slot.

local function slotOfSign(member) return tonumber(string.match(member, '^(%d+):')) end
