-- pace.lua: how many attempts of an endpoint may begin, when its registration limits them to so many a second (`rateLimitPerSecond`), over all
-- processes. The field `pace` of its state is "<attempts per second> <time in microseconds>": the time at which the attempts that have
-- begun would have ended their turns, one after another (the theoretical arrival time of the generic cell rate algorithm, ITU-T I.371).
-- At once may begin what falls to 100 ms, and at least one: so no 100 ms see more than twice their share.
local paceTools

-- Returns functions, made when a call first needs them: most endpoints have no such limit.
local function pacing()
  if paceTools then return paceTools end

  -- Returns the time of one turn in microseconds, how many attempts may begin at once, when the turns of those that have begun end, and the
  -- rate; nil when there is no limit, or none that can be read. An end that is further ahead than any turn of this rate is of another rate.
  local function paceOf(state, now)
    local rate, ends = string.match(state.pace or '', '^(%d+) (%d+)$')
    rate, ends = tonumber(rate or 0), tonumber(ends or 0)
    if rate < 1 or rate > 1000000 then return nil end
    local turn, atOnce = 1000000 / rate, math.max(math.floor(rate / 10), 1)
    if ends > 1000 * now + 2 * turn * atOnce then ends = 0 end
    return turn, atOnce, math.max(ends, 1000 * now), rate
  end

  -- Returns how many attempts may begin now. A rounding error of a microsecond does not take a turn away.
  local function left(state, now)
    local turn, atOnce, ends = paceOf(state, now)
    return turn and math.max(math.floor((1000 * now + turn * atOnce - ends + 1) / turn), 0) or math.huge
  end

  -- Returns when the next attempt may begin, in milliseconds.
  local function nextAt(state, now)
    local turn, atOnce, ends = paceOf(state, now)
    return turn and math.max(math.ceil((ends - turn * (atOnce - 1) - 1) / 1000), now) or now
  end

  -- Notes that `count` attempts begin now, in the state of the endpoint `e`.
  local function begin(e, count, now)
    local turn, _, ends, rate = paceOf(e.state, now)
    if not turn or count == 0 then return end
    e.state.pace = text(rate) .. ' ' .. text(ends + turn * count)
    redis.call('HSET', e.s, 'pace', e.state.pace)
  end

  paceTools = {left = left, nextAt = nextAt, begin = begin}
  return paceTools
end
