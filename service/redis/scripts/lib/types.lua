-- types.lua: refuses keys of a wrong type before a script's first write, so that no script stops half-way. And a meta hash that
-- must not be worked with: of an emptied Redis, of a newer schema (a process that was started before it must not read, and write
-- back, what it does not know) or one that is too old, or with a number that is none. attach.lua puts the first and the last of these in order.
-- The schema that is written, and the oldest that can be read. 1 was never released.
local SCHEMA, OLDEST = 2, 2

-- The numbers in the meta hash (clock.lua minds its own). Beyond 2^53 Lua cannot count.
local META = {'seq', 'rev', 'token', 'letter', 'lastFire'}
local function isWhole(value) return string.find(value, '^%d+$') ~= nil and tonumber(value) <= 9007199254740992 end
local function isEpoch(value) return string.find(value, '^%w+$') ~= nil end
-- A time out of a score, whatever stands there: infinite ones can be neither packed nor replied.
local function timeOf(score) return math.min(math.max(tonumber(score), 0), 9007199254740992) end

-- Why data of this schema, a number, must not be touched; nil when it may.
local function refusedSchema(schema)
  if tonumber(schema) > SCHEMA then return redis.error_reply('LULLSCHEMA ' .. schema) end
  if tonumber(schema) < OLDEST then return redis.error_reply('LULLOLD ' .. schema) end
end

local function refusedMeta()
  local found = redis.call('HMGET', KEYS[1], 'schema', 'epoch', unpack(META))
  if not found[1] then return redis.error_reply('LULLEMPTY the store was emptied') end
  if not isWhole(found[1]) then return redis.error_reply('LULLMETA schema') end
  local refused = refusedSchema(found[1])
  if refused then return refused end
  -- Who still knows the epoch writes it again: a process that starts would make another one, and with it other webhook-ids.
  if found[2] and not isEpoch(found[2]) then return redis.error_reply('LULLMETA epoch') end
  for i, name in ipairs(META) do
    if found[i + 2] and not isWhole(found[i + 2]) then return redis.error_reply('LULLMETA ' .. name) end
  end
end

local function wrongKey(pairs)
  for i = 1, #pairs, 2 do
    local found = redis.call('TYPE', pairs[i]).ok
    if found ~= 'none' and found ~= pairs[i + 1] then
      return redis.error_reply('LULLTYPE ' .. pairs[i] .. ' is a ' .. found .. ', expected a ' .. pairs[i + 1])
    end
  end
end

-- Each pair is {key, wanted type}. Returns an error reply, or nil when all fit (a missing key fits every type). The meta hash is
-- looked into where it is the first key.
local function wrongType(pairs)
  local wrong = wrongKey(pairs)
  if wrong then return wrong end
  if pairs[1] == KEYS[1] and string.sub(KEYS[1], -5) == ':meta' then return refusedMeta() end
end

-- Integers as text: tostring() would write large ones with an exponent.
local function text(number) return string.format('%.0f', number) end

-- Adds to a counter. One that is no number is begun anew, and the books are marked as such: see balance.lua.
local function bump(counters, name, by)
  if by == 0 then return end
  local done = redis.pcall('HINCRBY', counters, name, text(by))
  if type(done) == 'table' and done.err then redis.call('HSET', counters, name, text(by), 'unbalanced', '1') end
end

-- The endpoint that a key of its own is of.
local function idIn(key) return string.match(key, '^{.-}:%l:(.*)$') or '' end

-- What a script replies when it meets values that it cannot read: it has written nothing, and is called again when they have been
-- set aside (redis/mending.cpp). `what` is message, window, letter or state, `id` the endpoint, then the keys.
local function damaged(what, id, keys)
  local reply = {'LULLDAMAGED', what, id}
  for i = 1, math.min(#keys, 500) do reply[3 + i] = keys[i] end
  return reply
end
