-- source_take.lua: takes the sources that no other process works for, and renews the leases of those that the caller works for. With a
-- lease of 0 it gives up the caller's. A lease is only about who works: what two processes bring at once is told apart by its ids. One that
-- ends much later than any that is given was damaged, and is nobody's.
-- KEYS  1 meta (hash)  2 sources (hash)
-- ARGV  1 now ms  2 token of the process  3 how long a lease lasts, ms  then the names
-- Reply per name: 1 when the caller holds it now, else 0; how often somebody has asked for a run of it.
-- O(names). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/source.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
local now, token, lease = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
if not (now and token and lease) or token == '' or string.find(token, '|', 1, true) then return redis.error_reply('LULLARG source_take') end
redis.call('HDEL', KEYS[1], '')
local reply = {}
for i = 4, #ARGV do
  local name = ARGV[i]
  local ends, holder = sourceHolder(KEYS[2], name)
  local mine = holder == nil or holder == token or tonumber(ends) <= now or tonumber(ends) > now + 10 * lease
  if lease == 0 then
    if holder == token then redis.call('HDEL', KEYS[2], name .. '|lease') end
    mine = false
  elseif mine then
    redis.call('HSET', KEYS[2], name .. '|lease', text(now + lease) .. '|' .. token)
  end
  reply[#reply + 1] = mine and 1 or 0
  reply[#reply + 1] = sourceCount(KEYS[2], name, 'asked')
end
return reply
