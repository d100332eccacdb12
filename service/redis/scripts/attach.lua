-- attach.lua: every new connection runs this first: checks the schema, notices a Redis restart.
-- KEYS  1 meta (hash)
-- ARGV  1 schema number of this binary   2 run id of the Redis server   3 fresh random epoch (kept only if there is none)
-- Reply {epoch, jumped 0|1}. Error LULLSCHEMA when the stored schema is newer than this binary can read.
-- After a restart with another run id the sequence jumps by 10^7: a lost tail of the log is never issued again. So do the other
-- numbers that outlive the restart in a process: the registry's revision, the tokens of leases, the numbers of dead letters.
-- O(1). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash'})
if wrong then return wrong end
if not tonumber(ARGV[1]) or #ARGV ~= 3 then return redis.error_reply('LULLARG attach') end
local schema = tonumber(redis.call('HGET', KEYS[1], 'schema') or ARGV[1])
if schema > tonumber(ARGV[1]) then
  return redis.error_reply('LULLSCHEMA ' .. text(schema))
end
local run = redis.call('HGET', KEYS[1], 'run')
if run == ARGV[2] then return {redis.call('HGET', KEYS[1], 'epoch'), 0} end
redis.call('HDEL', KEYS[1], '')
redis.call('HSETNX', KEYS[1], 'schema', ARGV[1])
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[3])
if run then
  for _, name in ipairs({'seq', 'rev', 'token', 'letter'}) do redis.call('HINCRBY', KEYS[1], name, 10000000) end
end
redis.call('HSET', KEYS[1], 'run', ARGV[2])
return {redis.call('HGET', KEYS[1], 'epoch'), run and 1 or 0}
