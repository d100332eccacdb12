-- audit_windows.lua: checks a part of the windows for one that would never become due: it is missing from the index, or its due time
-- never comes.
-- KEYS  1 meta (hash)  2 window index (zset)  3 windows (hash)
-- ARGV  1 cursor of the scan, "0" to begin  2 about how many
-- Reply {next cursor ("0": done), how many were repaired}, or what is damaged (lib/types.lua).
-- O(count · log windows). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/window.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash'})
if wrong then return wrong end
if #ARGV ~= 2 or not isWhole(ARGV[1]) or not isWhole(ARGV[2]) then return redis.error_reply('LULLARG audit_windows') end
local scan = redis.call('HSCAN', KEYS[3], ARGV[1], 'COUNT', ARGV[2])
local keys, unreadable, first = {}, {}, {}
for i = 1, #scan[2], 2 do
  local key, packed = scan[2][i], scan[2][i + 1]
  if isWindow(packed) then
    keys[#keys + 1], first[key] = key, readWindow(packed).first
  else
    unreadable[#unreadable + 1] = key
  end
end
if #unreadable > 0 then return damaged('window', '', unreadable) end
redis.call('HDEL', KEYS[1], '')
local back = 0
for i, due in ipairs(askAll('ZMSCORE', KEYS[2], keys)) do
  if not due or tonumber(due) >= 9007199254740992 then
    redis.call('ZADD', KEYS[2], text(first[keys[i]]), keys[i])
    back = back + 1
  end
end
return {scan[1], back}
