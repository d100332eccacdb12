-- retried.lua: retries of dead letters, and what became of the messages that they revived. A number names a retry: a job's is the job's own,
-- every other call of the API draws one. A revived message says in its `origin` "<number>|<cause>" which retry revived it, and which cause its
-- letter had (lib/group.lua). When it dies again, the retry has failed again.
-- Hash `retried`: the last retry of each group, "<number>|<at ms>|<done>|<failed again>". Names of groups: "<endpoint>|<cause>",
-- "<endpoint>", and "<bit>" of a change type.
-- Hash `job`: "<number>|<field>" of each job that is kept; its fields are in lib/job.lua.

-- How long a job that has ended counts what failed again.
local COUNTS_ON = 24 * 3600 * 1000

local function retriedIn(value)
  local number, at, done, failed = string.match(value or '', '^(%d+)|(%d+)|(%d+)|(%d+)$')
  return number, tonumber(at), tonumber(done), tonumber(failed)
end

local function groupNames(id, cause, bit) return {id .. '|' .. cause, id, text(bit)} end

local function setRetried(retried, name, number, at, done, failed)
  redis.call('HSET', retried, name, table.concat({number, text(at), text(done), text(failed)}, '|'))
end

-- Notes letters that a retry has revived. `counts` is name of a group → how many.
local function noteRetried(retried, number, counts, now)
  for name, count in pairs(counts) do
    local last, at, done, failed = retriedIn(redis.call('HGET', retried, name))
    if last ~= number then at, done, failed = now, 0, 0 end
    setRetried(retried, name, number, at, done + count, failed)
  end
end

-- Adds to a number of a job. One that cannot be read begins anew.
local function addToJob(jobs, number, field, by)
  local name = number .. '|' .. field
  redis.call('HSET', jobs, name, text((tonumber(redis.call('HGET', jobs, name) or 0) or 0) + by))
end

-- A message that a retry had revived has died again.
local function noteFailedAgain(jobs, retried, id, bit, origin, now)
  local number, cause = string.match(origin, '^(%d+)|(%d+)$')
  if not number then return end
  for _, name in ipairs(groupNames(id, cause, bit)) do
    local last, at, done, failed = retriedIn(redis.call('HGET', retried, name))
    if last == number then setRetried(retried, name, number, at, done, failed + 1) end
  end
  local found = redis.call('HMGET', jobs, number .. '|state', number .. '|ended')
  if found[1] and now - (tonumber(found[2] or now) or now) <= COUNTS_ON then addToJob(jobs, number, 'failedAgain', 1) end
end
