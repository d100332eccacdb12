-- attempts.lua: the log of an endpoint's attempts (list a), the newest first.

-- The most that is kept; nothing else knows these numbers. They are no arguments, because every settlement would have to carry them.
local ATTEMPTS_LOGGED, TRIMMED_AT_ONCE = 200, 50

-- Adds packed attempts, the oldest first. The log is trimmed now and then, and so may hold a few more.
local function logAttempts(log, attempts)
  if callAll('LPUSH', log, attempts) >= ATTEMPTS_LOGGED + TRIMMED_AT_ONCE then redis.call('LTRIM', log, 0, ATTEMPTS_LOGGED - 1) end
end
