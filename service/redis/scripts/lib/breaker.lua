-- breaker.lua: what the end of an attempt means for breaker and park of its endpoint. `e` is an endpoint of lib/settling.lua. `rules` has
-- now, threshold (the failures in a row that open the breaker, 0: it never opens), probe and longestProbe (ms), and two functions that are
-- called when the breaker opens or closes: opened(e, last error) and closed(e).

-- Flags of a settlement: the attempt counts as a failure, it was the probe, the receiver is alive.
local COUNTS, PROBE, LIVES = 1, 2, 4
-- The highest limit that an endpoint can have. A ramp that has reached it limits nothing, so it ends.
local MOST_IN_FLIGHT = 1024

local function change(e, field, value)
  e.state[field] = value
  e.fields[field] = value
end

-- The receiver has answered, so it is alive: the breaker closes, and after a park one more message may be in flight.
local function lives(e, rules)
  if e.state.fails > 0 then change(e, 'fails', 0) end
  if e.state.ramp > 0 and e.state.gate <= rules.now then
    change(e, 'ramp', e.state.ramp < MOST_IN_FLIGHT and e.state.ramp + 1 or 0)
  end
  if e.state.openUntil == 0 then return end
  change(e, 'openUntil', 0)
  change(e, 'openStep', 0)
  rules.closed(e)
end

local function succeeded(e, rules)
  e.fields.success = rules.now
  if e.state.streak > 0 then change(e, 'streak', 0) end
  lives(e, rules)
end

-- A probe that has not shown whether the receiver is alive is given back: the next claim may send another probe at once.
local function giveProbeBack(e, flags, rules)
  if bit.band(flags, PROBE) ~= 0 and e.state.openUntil > rules.now then change(e, 'openUntil', rules.now) end
end

local function noSuccess(e, message)
  e.fields.error = message
  change(e, 'streak', e.state.streak + 1)
end

-- Judges an attempt that was no success.
local function judge(e, flags, message, rules)
  if bit.band(flags, COUNTS + LIVES) == 0 then
    e.fields.error = message
    return giveProbeBack(e, flags, rules)
  end
  noSuccess(e, message)
  if bit.band(flags, LIVES) ~= 0 then return lives(e, rules) end
  change(e, 'fails', e.state.fails + 1)
  -- One lane for the whole endpoint needs no breaker: it has one message in flight at most, and waits by the retry schedule.
  if rules.threshold == 0 or e.state.fails < rules.threshold or e.state.lanes == ENDPOINT then return end
  if e.state.openUntil == 0 then
    change(e, 'openStep', rules.probe)
    change(e, 'openUntil', rules.now + rules.probe)
    rules.opened(e, message)
  elseif bit.band(flags, PROBE) ~= 0 then
    change(e, 'openStep', math.min(math.max(e.state.openStep, rules.probe) * 2, rules.longestProbe))
    change(e, 'openUntil', rules.now + e.state.openStep)
  end
end
