-- aside_windows.lua: sets aside windows that cannot be read, and removes entries of the window index that have no window.
-- KEYS  1 meta (hash)  2 counters (hash)  3 what was set aside (hash)  4 window index (zset)  5 windows (hash)
-- ARGV  the keys
-- Reply: how many were set aside. O(keys · log windows). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/aside.lua
--@include lib/window.lua
--@include lib/endpoint.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash', KEYS[4], 'zset', KEYS[5], 'hash'})
if wrong then return wrong end
redis.call('HDEL', KEYS[1], '')
local count = 0
for _, key in ipairs(ARGV) do
  local packed = redis.call('HGET', KEYS[5], key)
  if not (packed and isWindow(packed) and bitOf(key) > 0) then
    local gone = redis.call('ZREM', KEYS[4], key) + redis.call('HDEL', KEYS[5], key)
    if gone > 0 then
      setAside(KEYS[2], KEYS[3], 'window|' .. key, packed or '')
      count = count + 1
    end
  end
end
return count
