-- attach.lua: checks the schema, notices a restart of Redis, and puts the meta hash in order. Every new connection runs it first; a
-- connection runs it again when another script has met an emptied Redis or a damaged meta hash.
-- KEYS  1 meta (hash)  2 counters (hash)  3 what was set aside (hash)
-- ARGV  1 schema number of this binary   2 run id of the Redis server   3 epoch to write when there is none
--       4 where numbers start in an empty store: microseconds since 1970, "" for the time of the Redis server
-- Reply {epoch, 0 nothing | 1 Redis was restarted | 2 the store was empty, then the names of fields that could not be read}.
-- Error LULLSCHEMA when the stored schema is newer than this binary can read, LULLOLD when it is too old.
-- Redis may have lost its last writes when it restarts under another run id. So the last sequence, the registry's revision, the last
-- token and the last number of a letter jump by 10^7 then: no number that a process may still know is issued again. In an empty store
-- these four numbers start at the present time in microseconds, which is beyond everything that was issued before the store was
-- emptied. The same holds for one that cannot be read. O(1). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/aside.lua
local wrong = wrongKey({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash'})
if wrong then return wrong end
if not tonumber(ARGV[1]) or #ARGV ~= 4 or not (ARGV[4] == '' or tonumber(ARGV[4])) then return redis.error_reply('LULLARG attach') end
local NUMBERS = {seq = true, rev = true, token = true, letter = true}
local found = redis.call('HMGET', KEYS[1], 'schema', 'run', 'epoch', unpack(META))
local schema, run, epoch = found[1], found[2], found[3]
local readable = schema and isWhole(schema)
local refused = readable and refusedSchema(schema)
if refused then return refused end

local damaged = {}
if schema and not readable then damaged.schema = schema end
if epoch and not isEpoch(epoch) then damaged.epoch = epoch end
for i, name in ipairs(META) do
  if found[i + 3] and not isWhole(found[i + 3]) then damaged[name] = found[i + 3] end
end
if readable and epoch and run == ARGV[2] and not next(damaged) then return {epoch, 0} end

local start = ARGV[4]
if start == '' then
  local time = redis.call('TIME')
  start = text(tonumber(time[1]) * 1000000 + tonumber(time[2]))
end
redis.call('HDEL', KEYS[1], '')
local reply = {'', schema and (run and run ~= ARGV[2] and 1 or 0) or 2}
for name, value in pairs(damaged) do
  setAside(KEYS[2], KEYS[3], 'meta|' .. name, value)
  redis.call('HDEL', KEYS[1], name)
  reply[#reply + 1] = name
end
for i, name in ipairs(META) do
  if NUMBERS[name] then
    local known = not damaged[name] and found[i + 3]
    if known and reply[2] == 1 then
      redis.call('HINCRBY', KEYS[1], name, 10000000)
    elseif damaged[name] or reply[2] == 2 then
      redis.call('HSET', KEYS[1], name, text(math.max(tonumber(start), known and tonumber(known) + 10000000 or 0)))
    elseif reply[2] == 1 then
      redis.call('HSET', KEYS[1], name, 10000000)
    end
  end
end
-- Which bits are taken unmerged is not written here: endpoints may be left that take them (lib/takers.lua).
if reply[2] == 2 then redis.call('HSET', KEYS[1], 'born', start) end
redis.call('HSETNX', KEYS[1], 'schema', ARGV[1])
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[3])
redis.call('HSET', KEYS[1], 'run', ARGV[2])
reply[1] = redis.call('HGET', KEYS[1], 'epoch')
return reply
