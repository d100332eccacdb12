-- pause.lua: how a call says that an endpoint is to be paused.

-- Returns the two parts of "<reason>|<notice>"; nil when it is something else.
local function pauseIn(argument) return string.match(argument, '^([%l%-]+)|(.*)$') end
