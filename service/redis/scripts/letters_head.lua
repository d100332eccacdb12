-- letters_head.lua: reads the parts of dead letters that filters look at, without their contents.
-- KEYS  the letters hashes d of the endpoints concerned
-- ARGV  pairs: place of the hash in KEYS, key of the letter
-- Reply per pair {number, death, reason, last status, class of the failure, deadAt ms, supersededAt ms, upto, item key}; number 0 when there is no such letter (any more).
-- O(pairs). Reads only.
--@include lib/types.lua
--@include lib/message.lua
--@include lib/letter.lua
for i = 1, #KEYS do
  local wrong = wrongType({KEYS[i], 'hash'})
  if wrong then return wrong end
end
if #ARGV % 2 ~= 0 then return redis.error_reply('LULLARG letters_head') end
for i = 1, #ARGV, 2 do
  if not KEYS[tonumber(ARGV[i])] then return redis.error_reply('LULLARG letters_head place') end
end
local reply = {}
for i = 1, #ARGV, 2 do
  local packed = redis.call('HGET', KEYS[tonumber(ARGV[i])], ARGV[i + 1])
  if packed and not isLetter(packed) then return damaged('letter', idIn(KEYS[tonumber(ARGV[i])]), {ARGV[i + 1]}) end
  local head = packed and {letterHead(packed)} or {0, 0, 0, 0, 0, 0, 0, 0}
  for k = 1, 8 do reply[#reply + 1] = head[k] end
  local inLane = packed and string.find(ARGV[i + 1], '^%d+:')
  reply[#reply + 1] = inLane and itemOf(ARGV[i + 1], readLetter(packed).message) or ARGV[i + 1]
end
return reply
