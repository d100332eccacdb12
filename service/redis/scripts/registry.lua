-- registry.lua: all registrations, when they changed since the caller last looked.
-- KEYS  1 meta (hash)  2 registrations (hash)
-- ARGV  1 revision the caller has, "" for none
-- Reply {revision, id, blob, id, blob…}; only {revision} when it is the caller's. O(endpoints). Reads only.
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
local revision = redis.call('HGET', KEYS[1], 'rev') or '0'
if revision == ARGV[1] then return {revision} end
local reply = redis.call('HGETALL', KEYS[2])
table.insert(reply, 1, revision)
return reply
