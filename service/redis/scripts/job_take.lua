-- job_take.lua: takes the running jobs that no other process runs, and renews the leases of those that the caller runs. A lease is only
-- about who works: every script that moves letters for a job checks its token, so two processes never move for the same job.
-- KEYS  1 meta (hash)  2 jobs (zset)  3 what they are (hash)
-- ARGV  1 now ms  2 token of the process  3 how long a lease lasts, ms
-- Reply per job: number, order, letters that match, place in the walk ("" at the beginning). O(jobs). Works at maxmemory (its first write
-- is a HDEL).
--@include lib/types.lua
--@include lib/job.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash'})
if wrong then return wrong end
local now, token, lease = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
if not (now and token and lease) or token == '' or string.find(token, '|', 1, true) then return redis.error_reply('LULLARG job_take') end
redis.call('HDEL', KEYS[1], '')
local reply = {}
for _, number in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  local ends, holder = string.match(jobField(KEYS[3], number, 'lease'), '^(%d+)|(.*)$')
  local free = holder == nil or holder == token or tonumber(ends) <= now
  if free and jobField(KEYS[3], number, 'state') == 'running' then
    redis.call('HSET', KEYS[3], number .. '|lease', text(now + lease) .. '|' .. token)
    local n = #reply
    reply[n + 1], reply[n + 2] = number, jobField(KEYS[3], number, 'order')
    reply[n + 3], reply[n + 4] = jobField(KEYS[3], number, 'total'), jobField(KEYS[3], number, 'at')
  end
end
return reply
