-- changes_page.lua: a part of the index of what changed (lib/changes.lua), in no order.
-- KEYS  1 index (hash)
-- ARGV  1 cursor of the scan, "0" to begin  2 about how many
-- Reply {next cursor ("0": done), then per entry: item key, packed}. An entry that is there all the time is in one of the pages at least.
-- O(count). Reads only.
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash'})
if wrong then return wrong end
if #ARGV ~= 2 or not isWhole(ARGV[1]) or not isWhole(ARGV[2]) then return redis.error_reply('LULLARG changes_page') end
local scan = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local reply = scan[2]
table.insert(reply, 1, scan[1])
return reply
