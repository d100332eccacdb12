-- attach.lua: checks the schema, notices a restart of Redis, and puts the meta hash in order. Every new connection runs it first; a
-- connection runs it again when another script has met an emptied Redis or a damaged meta hash.
-- KEYS  1 meta (hash)  2 counters (hash)  3 what was set aside (hash)
-- ARGV  1 schema number of this binary   2 run id of the Redis server   3 epoch to write when there is none
--       4 the time, microseconds since 1970; "" to ask the Redis server
-- Reply {epoch, 0 nothing | 1 Redis was restarted | 2 the store was empty, then the names of fields that could not be read}.
-- Error LULLSCHEMA when the stored schema is newer than this binary can read, LULLOLD when it is too old.
-- Redis may have lost its last writes when it restarts under another run id. So the last sequence, the registry's revision, the last
-- token and the last number of a letter jump by at least 10^7 then: no number that a process may still know is issued again. A second loss
-- soon after the first may take this jump with it. So the microseconds since clock.lua last recorded the server's clock are added: from the
-- same data, a later restart jumps farther, by more than can have been issued meanwhile. Whole days are left out of them, so
-- that a clock that was set forward or back by years can neither use the numbers up nor make two restarts jump alike.
-- In an empty store these four numbers start at the present time in microseconds, which is beyond everything that was issued before the
-- store was emptied. The same holds for one that cannot be read. O(1). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/aside.lua
local wrong = wrongKey({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash'})
if wrong then return wrong end
if not tonumber(ARGV[1]) or #ARGV ~= 4 or not (ARGV[4] == '' or tonumber(ARGV[4])) then return redis.error_reply('LULLARG attach') end
local NUMBERS = {seq = true, rev = true, token = true, letter = true}
-- Numbers begin no higher, however wrong the clock is: 2^52 is in the year 2112, and counting ends at 2^53.
local HIGHEST_START = 4503599627370496
local LEAP, DAY = 10000000, 86400000000
local found = redis.call('HMGET', KEYS[1], 'schema', 'run', 'epoch', 'clockRaw', unpack(META))
local schema, run, epoch, clock = found[1], found[2], found[3], found[4]
local readable = schema and isWhole(schema)
local refused = readable and refusedSchema(schema)
if refused then return refused end

local damaged = {}
if schema and not readable then damaged.schema = schema end
if epoch and not isEpoch(epoch) then damaged.epoch = epoch end
for i, name in ipairs(META) do
  if found[i + 4] and not isWhole(found[i + 4]) then damaged[name] = found[i + 4] end
end
if readable and epoch and run == ARGV[2] and not next(damaged) then return {epoch, 0} end

local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local start = math.min(now, HIGHEST_START)
local jump = LEAP + (clock and isWhole(clock) and (now - tonumber(clock) * 1000) % DAY or 0)
redis.call('HDEL', KEYS[1], '')
local reply = {'', schema and (run and run ~= ARGV[2] and 1 or 0) or 2}
for name, value in pairs(damaged) do
  setAside(KEYS[2], KEYS[3], 'meta|' .. name, value)
  redis.call('HDEL', KEYS[1], name)
  reply[#reply + 1] = name
end
for i, name in ipairs(META) do
  if NUMBERS[name] then
    local known = not damaged[name] and found[i + 4]
    if damaged[name] or reply[2] == 2 then
      redis.call('HSET', KEYS[1], name, text(math.max(start, known and tonumber(known) + jump or 0)))
    elseif reply[2] == 1 then
      redis.call('HSET', KEYS[1], name, text((known and tonumber(known) or 0) + jump))
    end
  end
end
-- Which bits are taken unmerged is not written here: endpoints may be left that take them (lib/takers.lua).
-- The index of changes knows everything from here on (lib/changes.lua).
if reply[2] == 2 then redis.call('HSET', KEYS[1], 'born', text(start), 'changedFrom', text(math.floor(start / 1000))) end
redis.call('HSETNX', KEYS[1], 'schema', ARGV[1])
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[3])
redis.call('HSET', KEYS[1], 'run', ARGV[2])
reply[1] = redis.call('HGET', KEYS[1], 'epoch')
return reply
