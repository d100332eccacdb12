-- retries_forget.lua: forgets the last retries of groups that have no letters any more, once what they revived has had time to fail again.
-- KEYS  1 meta (hash)  2 groups of dead letters (zset)  3 last retries of groups (hash)
-- ARGV  1 now ms  2 cursor of the scan, "0" to begin  3 about how many to look at
-- Reply {next cursor ("0": done), how many were forgotten}. O(count · log letters). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/group.lua
--@include lib/retried.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash'})
if wrong then return wrong end
local now = tonumber(ARGV[1])
if #ARGV ~= 3 or not (now and isWhole(ARGV[2]) and isWhole(ARGV[3])) then return redis.error_reply('LULLARG retries_forget') end
redis.call('HDEL', KEYS[1], '')
local scan, forgotten = redis.call('HSCAN', KEYS[3], ARGV[2], 'COUNT', ARGV[3]), 0

-- The groups of change types are few, so those are kept.
local function isEmpty(name)
  if isWhole(name) then return false end
  local low = string.find(name, '|', 1, true) and '[' .. name or '[' .. name .. '|'
  local behind = string.find(name, '|', 1, true) and '(' .. name .. ':' or behindAll(name)
  return redis.call('ZLEXCOUNT', KEYS[2], low, behind) == 0
end

for i = 1, #scan[2], 2 do
  local number, at = retriedIn(scan[2][i + 1])
  if not number or (at + COUNTS_ON < now and isEmpty(scan[2][i])) then
    forgotten = forgotten + redis.call('HDEL', KEYS[3], scan[2][i])
  end
end
return {scan[1], forgotten}
