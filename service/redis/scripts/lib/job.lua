-- job.lua: jobs, which retry or purge the dead letters of one filter, or replay (replay_move.lua). Sorted set `jobs`: number → number. Hash `job`, fields "<number>|<name>":
--   order        what it does, packed (`redis/job_codec.cpp`); opaque to the scripts
--   state        running, done, cancelled or failed
--   total done skipped failedAgain    counts of letters
--   started ended                     times in ms; `ended` is missing while it runs
--   at           where the walk over the letters goes on; opaque to the scripts. Of a replay: the sequence of the item that was dealt with last
--   lease        "<until ms>|<token>" of the process that runs it
-- The number of a job is drawn from the numbers of deaths (`letter` of the meta hash), so its letters are those that match its filter and
-- whose death has a lower number. What dies later, or again, has a higher one.

local JOB_FIELDS = {'order', 'state', 'total', 'done', 'skipped', 'failedAgain', 'started', 'ended', 'at', 'lease'}

-- Returns a field of a job; "" when it is missing.
local function jobField(jobs, number, name) return redis.call('HGET', jobs, number .. '|' .. name) or '' end

local function removeJob(order, jobs, number)
  redis.call('ZREM', order, number)
  for _, name in ipairs(JOB_FIELDS) do redis.call('HDEL', jobs, number .. '|' .. name) end
end

-- Whether the process with this token runs the job.
local function holdsJob(jobs, number, token)
  return jobField(jobs, number, 'state') == 'running' and string.match(jobField(jobs, number, 'lease'), '|(.*)$') == token
end

local function endJob(jobs, number, state, now)
  redis.call('HSET', jobs, number .. '|state', state, number .. '|ended', text(now))
  redis.call('HDEL', jobs, number .. '|lease', number .. '|at')
end
