-- job_cancel.lua: cancels a job. What it has moved stays moved; it moves nothing more from this moment on.
-- KEYS  1 meta (hash)  2 what jobs are (hash)
-- ARGV  1 number  2 now ms
-- Reply: 1; 0 when it has ended already, -1 when there is no such job. O(1). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/job.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
local now = tonumber(ARGV[2])
if #ARGV ~= 2 or not now then return redis.error_reply('LULLARG job_cancel') end
local state = jobField(KEYS[2], ARGV[1], 'state')
if state == '' then return -1 end
if state ~= 'running' then return 0 end
redis.call('HDEL', KEYS[1], '')
endJob(KEYS[2], ARGV[1], 'cancelled', now)
return 1
