-- job_advance.lua: moves a job on in its walk over the letters, or ends it.
-- KEYS  1 meta (hash)  2 what jobs are (hash)
-- ARGV  1 number  2 token of the process that runs it  3 now ms  4 state: running|done|failed  5 where the walk goes on
--       6 letters that were skipped since it went on last
-- Reply: 1; 0 when the job has ended, or another process runs it. At the end, letters that were there when it began and are gone now,
-- because somebody else retried or purged them, or they died again, count as skipped. O(1). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/retried.lua
--@include lib/job.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
local number, now, state, skipped = ARGV[1], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[6])
local known = state == 'running' or state == 'done' or state == 'failed'
if #ARGV ~= 6 or not (isWhole(number) and now and known and skipped) then return redis.error_reply('LULLARG job_advance') end
if not holdsJob(KEYS[2], number, ARGV[2]) then return 0 end
redis.call('HDEL', KEYS[1], '')
addToJob(KEYS[2], number, 'skipped', skipped)
redis.call('HSET', KEYS[2], number .. '|at', ARGV[5])
if state == 'running' then return 1 end
if state == 'done' then
  local total, done = tonumber(jobField(KEYS[2], number, 'total')) or 0, tonumber(jobField(KEYS[2], number, 'done')) or 0
  redis.call('HSET', KEYS[2], number .. '|skipped', text(math.max(total - done, 0)))
end
endJob(KEYS[2], number, state, now)
return 1
