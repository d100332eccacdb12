-- letters_remove.lua: removes dead letters of one endpoint and counts them by reason.
-- KEYS  1 meta (hash)  2 counters (hash)  3 dead letters of all endpoints (zset)  4 letters d (hash)  5 their order z (zset)
--       6 groups of dead letters (zset)  7 jobs (hash)
-- ARGV  1 endpoint id  2 reason: purged|expired  3 number of the job that does it and 4 token of the process that runs it, else "0" and ""
--       then what was seen of each letter: key, death
-- Reply: how many were removed; -1 when the job has ended, or another process runs it. A letter that is not as it was seen stays: its key
-- has failed again since, and the caller did not decide about that. O(letters · log letters). Works at maxmemory (its first write is a
-- HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/letter.lua
--@include lib/retried.lua
--@include lib/job.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'zset',
  KEYS[7], 'hash'})
if wrong then return wrong end
if #ARGV < 4 or #ARGV % 2 ~= 0 or not isWhole(ARGV[3]) then return redis.error_reply('LULLARG letters_remove') end
local id, job = ARGV[1], ARGV[3]
if job ~= '0' and not holdsJob(KEYS[7], job, ARGV[4]) then return -1 end
for i = 5, #ARGV, 2 do
  local packed = redis.call('HGET', KEYS[4], ARGV[i])
  if packed and not isLetter(packed) then return damaged('letter', id, {ARGV[i]}) end
end
redis.call('HDEL', KEYS[1], '')
local at = {counters = KEYS[2], all = KEYS[3], letters = KEYS[4], own = KEYS[5], groups = KEYS[6]}
local removed = 0
for i = 5, #ARGV, 2 do
  local packed = letterAsSeen(KEYS[4], ARGV[i], ARGV[i + 1])
  if packed then
    removeLetter(at, id, ARGV[i], readLetter(packed), ARGV[2])
    removed = removed + 1
  end
end
if job ~= '0' and removed > 0 then addToJob(KEYS[7], job, 'done', removed) end
return removed
