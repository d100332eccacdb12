-- source_ask.lua: asks for a run of a source; who works for it sees that when it renews its lease.
-- KEYS  1 meta (hash)  2 sources (hash)
-- ARGV  1 name
-- Reply: how often somebody has asked so far. O(1). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/source.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
if #ARGV ~= 1 or ARGV[1] == '' then return redis.error_reply('LULLARG source_ask') end
redis.call('HDEL', KEYS[1], '')
local asked = sourceCount(KEYS[2], ARGV[1], 'asked') + 1
redis.call('HSET', KEYS[2], ARGV[1] .. '|asked', text(asked))
return asked
