-- aside_letters.lua: sets aside dead letters of one endpoint that cannot be read, and removes entries of their sorted sets that have no
-- letter.
-- KEYS  1 meta (hash)  2 counters (hash)  3 what was set aside (hash)  4 dead letters of all endpoints (zset)  5 letters d (hash)
--       6 their order z (zset)  7 groups of dead letters (zset)
-- ARGV  1 endpoint id  then per letter: key, the packed value that a reader could not read, or "" when this script is to check its form
-- Reply: how many were set aside. O(letters · cells of the endpoint · log letters). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/aside.lua
--@include lib/message.lua
--@include lib/letter.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash', KEYS[4], 'zset', KEYS[5], 'hash', KEYS[6], 'zset',
  KEYS[7], 'zset'})
if wrong then return wrong end
if #ARGV % 2 ~= 1 then return redis.error_reply('LULLARG aside_letters') end
redis.call('HDEL', KEYS[1], '')
local id, count = ARGV[1], 0
for i = 2, #ARGV, 2 do
  local key = ARGV[i]
  local packed = redis.call('HGET', KEYS[5], key)
  if not packed or not isLetter(packed) or packed == ARGV[i + 1] then
    dropUnreadable(KEYS[7], id, key, redis.call('ZSCORE', KEYS[6], key) or redis.call('ZSCORE', KEYS[4], letterMember(id, key)))
    local listed = redis.call('ZREM', KEYS[4], letterMember(id, key)) + redis.call('ZREM', KEYS[6], key)
    if packed or listed > 0 then
      redis.call('HDEL', KEYS[5], key)
      setAside(KEYS[2], KEYS[3], 'letter|' .. id .. '|' .. key, packed or '')
      bump(KEYS[2], 'removed_unreadable', 1)
      count = count + 1
    end
  end
end
return count
