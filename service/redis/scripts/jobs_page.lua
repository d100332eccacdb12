-- jobs_page.lua: a page of the jobs, newest first.
-- KEYS  1 jobs (zset)  2 what they are (hash)
-- ARGV  1 highest number to show, "+inf" for the first page  2 lowest number, "-inf" for all  3 most
-- Reply per job: number, order, state, total, done, skipped, failedAgain, started ms, ended ms or "". O(log jobs + most). Reads only.
--@include lib/types.lua
--@include lib/job.lua
local wrong = wrongType({KEYS[1], 'zset', KEYS[2], 'hash'})
if wrong then return wrong end
if #ARGV ~= 3 or not tonumber(ARGV[3]) then return redis.error_reply('LULLARG jobs_page') end
local reply = {}
for _, number in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])) do
  reply[#reply + 1] = number
  for i = 1, 8 do reply[#reply + 1] = jobField(KEYS[2], number, JOB_FIELDS[i]) end
end
return reply
