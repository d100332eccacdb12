-- job_create.lua: stores a job, which runs from now on. The oldest job that has ended makes room for it.
-- KEYS  1 meta (hash)  2 jobs (zset)  3 what they are (hash)
-- ARGV  1 number (jobs_mark.lua)  2 now ms  3 order, packed  4 how many letters match  5 most jobs to keep
-- Reply: 1; 0 when as many jobs run as are kept. O(jobs). Refused when Redis is full.
--@include lib/types.lua
--@include lib/job.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash'})
if wrong then return wrong end
local number, now, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
if #ARGV ~= 5 or not (isWhole(number) and isWhole(ARGV[4]) and now and most) then return redis.error_reply('LULLARG job_create') end
local surplus, ended = redis.call('ZCARD', KEYS[2]) + 1 - most, {}
for _, kept in ipairs(surplus > 0 and redis.call('ZRANGE', KEYS[2], 0, -1) or {}) do
  if #ended < surplus and jobField(KEYS[3], kept, 'state') ~= 'running' then ended[#ended + 1] = kept end
end
if #ended < surplus then return 0 end
redis.call('HSET', KEYS[3], number .. '|order', ARGV[3], number .. '|state', 'running', number .. '|total', ARGV[4],
  number .. '|done', '0', number .. '|skipped', '0', number .. '|failedAgain', '0', number .. '|started', text(now))
redis.call('ZADD', KEYS[2], number, number)
for _, kept in ipairs(ended) do removeJob(KEYS[2], KEYS[3], kept) end
return 1
