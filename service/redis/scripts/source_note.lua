-- source_note.lua: notes what a source did, if the caller works for it.
-- KEYS  1 meta (hash)  2 sources (hash)
-- ARGV  1 now ms  2 token of the process  3 name  4 state  5 "1" when a run has ended, else ""  6 the sentence of its error, or ""
--       7 rows or messages admitted  8 failures  9 set aside
--       10 since when the oldest waits, ms; "" when none does; "?" when nobody knows; "-" to leave it
-- Reply: 1; 0 when another process holds the source. O(1). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/source.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
local now, token, name = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local admitted, failures, aside = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
if #ARGV ~= 10 or not (now and admitted and failures and aside) or name == '' then return redis.error_reply('LULLARG source_note') end
local _, holder = sourceHolder(KEYS[2], name)
if holder ~= token then return 0 end
redis.call('HDEL', KEYS[1], '')
redis.call('HSET', KEYS[2], name .. '|state', ARGV[4])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[2], name .. '|ran', text(now), name .. '|error', ARGV[6]) end
for what, more in pairs({admitted = admitted, failures = failures, aside = aside}) do
  if more > 0 then redis.call('HSET', KEYS[2], name .. '|' .. what, text(sourceCount(KEYS[2], name, what) + more)) end
end
if ARGV[10] == '?' then
  redis.call('HDEL', KEYS[2], name .. '|oldest')
elseif ARGV[10] ~= '-' then
  redis.call('HSET', KEYS[2], name .. '|oldest', ARGV[10])
end
return 1
