-- letters_remove.lua: removes dead letters of one endpoint and counts them by reason.
-- KEYS  1 meta (hash)  2 counters (hash)  3 dead letters of all endpoints (zset)  4 letters d (hash)  5 their order z (zset)
-- ARGV  1 endpoint id  2 reason: purged|expired  then what was seen of each letter: key, number, deadAt ms, upto
-- Reply: how many were removed. A letter that is not as it was seen stays: its key has failed again since, and the caller did not decide
-- about that. O(letters · log letters). Works at maxmemory (its first write is a ZREM).
--@include lib/types.lua
--@include lib/message.lua
--@include lib/letter.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset'})
if wrong then return wrong end
if #ARGV < 2 or (#ARGV - 2) % 4 ~= 0 then return redis.error_reply('LULLARG letters_remove') end
for i = 3, #ARGV, 4 do
  local packed = redis.call('HGET', KEYS[4], ARGV[i])
  if packed and not isLetter(packed) then return damaged('letter', ARGV[1], {ARGV[i]}) end
end
local removed = 0
for i = 3, #ARGV, 4 do
  if letterAsSeen(KEYS[4], ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) then
    removeLetter(KEYS[2], KEYS[3], KEYS[5], KEYS[4], ARGV[1], ARGV[i], ARGV[2])
    removed = removed + 1
  end
end
return removed
