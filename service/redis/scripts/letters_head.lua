-- letters_head.lua: what filters ask of dead letters, without their contents.
-- KEYS  the letters hashes d of the endpoints concerned
-- ARGV  pairs: place of the hash in KEYS, item key
-- Reply per pair {number, reason, last status, deadAt ms, supersededAt ms}; number 0 when there is no such letter (any more).
-- O(pairs). Reads only.
--@include lib/types.lua
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
  local n = #reply
  if packed then
    local _, number, reason, status, deadAt, supersededAt = struct.unpack('>BI8BHI8I8', packed)
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4], reply[n + 5] = number, reason, status, deadAt, supersededAt
  else
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4], reply[n + 5] = 0, 0, 0, 0, 0
  end
end
return reply
