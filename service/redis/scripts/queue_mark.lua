-- queue_mark.lua: reads a mark that stands for this moment. queue_purge.lua cancels only messages that were queued before the mark.
-- KEYS  1 meta (hash)  2 state s (hash)
-- ARGV  1 now ms
-- Reply {the last sequence, the time of the endpoint's own clock ms}; {-1, -1} when there is no such endpoint. O(1). Reads only.
--@include lib/types.lua
--@include lib/endpoint.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
local now = tonumber(ARGV[1])
if not now then return redis.error_reply('LULLARG queue_mark') end
local state = readState(KEYS[2])
if not state then return {-1, -1} end
if state.damaged then return damaged('state', idIn(KEYS[2]), {}) end
return {tonumber(redis.call('HGET', KEYS[1], 'seq') or 0), activeClock(state, now)}
