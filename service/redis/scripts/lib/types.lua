-- types.lua: what a script checks before its first write, so that it never stops half-way: whether its keys have the right types, and
-- whether the meta hash allows it to work. It must not work in an emptied Redis, with a newer schema (it would read, and write back,
-- what it does not know), with a schema that is too old, or when a number in the meta hash is none. attach.lua puts an emptied Redis and a
-- damaged meta hash in order.

-- The schema that is written, and the oldest one that can be read. Schemas 1 and 2 were never released.
local SCHEMA, OLDEST = 3, 3

-- The numbers in the meta hash, without those that only clock.lua reads. Beyond 2^53 Lua cannot count.
local META = {'seq', 'rev', 'token', 'letter', 'lastFire'}
local function isWhole(value) return string.find(value, '^%d+$') ~= nil and tonumber(value) <= 9007199254740992 end
local function isEpoch(value) return string.find(value, '^%w+$') ~= nil end
-- Returns the time in a score, which may be anything after damage. Infinite numbers are cut off, because they can be neither packed nor
-- replied.
local function timeOf(score) return math.min(math.max(tonumber(score), 0), 9007199254740992) end

-- Returns an error reply when data of this schema, a number, must not be touched; else nil.
local function refusedSchema(schema)
  if tonumber(schema) > SCHEMA then return redis.error_reply('LULLSCHEMA ' .. schema) end
  if tonumber(schema) < OLDEST then return redis.error_reply('LULLOLD ' .. schema) end
end

-- What the meta hash holds of these when the script begins: name → text, "0" when it is missing.
local metaFound = {}

local function refusedMeta()
  local found = redis.call('HMGET', KEYS[1], 'schema', 'epoch', unpack(META))
  if not found[1] then return redis.error_reply('LULLEMPTY the store was emptied') end
  if not isWhole(found[1]) then return redis.error_reply('LULLMETA schema') end
  local refused = refusedSchema(found[1])
  if refused then return refused end
  -- A missing epoch is no reason to stop: the next attach writes the one that its process knows, and webhook-ids continue as before.
  if found[2] and not isEpoch(found[2]) then return redis.error_reply('LULLMETA epoch') end
  for i, name in ipairs(META) do
    if found[i + 2] and not isWhole(found[i + 2]) then return redis.error_reply('LULLMETA ' .. name) end
    metaFound[name] = found[i + 2] or '0'
  end
end

-- `pairs` as in wrongType, from the one at `first` on.
local function wrongKey(pairs, first)
  for i = first or 1, #pairs, 2 do
    local found = redis.call('TYPE', pairs[i]).ok
    if found ~= 'none' and found ~= pairs[i + 1] then
      return redis.error_reply('LULLTYPE ' .. pairs[i] .. ' is a ' .. found .. ', expected a ' .. pairs[i + 1])
    end
  end
end

-- `pairs` is {key, wanted type, key, wanted type…}. Returns an error reply, or nil when all fit; a missing key fits every type. When the
-- first one is the meta hash, and the first key of the script, its contents are checked as well.
local function wrongType(pairs)
  local isMeta = pairs[1] == KEYS[1] and string.sub(KEYS[1], -5) == ':meta'
  local wrong = wrongKey(pairs, isMeta and 3 or 1)
  if wrong or not isMeta then return wrong end
  local done, refused = pcall(refusedMeta)
  if done then return refused end
  return wrongKey(pairs, 1) or refused
end

-- Calls `read(...)`, which only reads. Returns what it returns; nil and a reply that refuses the call when one of the keys has a wrong type
-- (`pairs` as in wrongType). So types cost nothing where they are right.
local function guarded(pairs, read, ...)
  local done, found = pcall(read, ...)
  if done then return found end
  return nil, wrongKey(pairs) or found
end

-- Returns an integer as text. tostring() would write a large one with an exponent.
local function text(number) return string.format('%.0f', number) end

-- Adds to a counter. A counter that holds no number is begun anew, and the counters are marked as unbalanced, so that balance.lua
-- corrects them.
local function bump(counters, name, by)
  if by == 0 then return end
  local done = redis.pcall('HINCRBY', counters, name, text(by))
  if type(done) == 'table' and done.err then redis.call('HSET', counters, name, text(by), 'unbalanced', '1') end
end

-- Returns the id of the endpoint to which a key belongs.
local function idIn(key) return string.match(key, '^{.-}:%l:(.*)$') or '' end

-- One reply names no more values than can be set aside in a short time; the next call meets the rest.
local MOST_DAMAGED = 500

-- Returns the reply of a script that has met values it cannot read. Such a script has written nothing; it is called again when the values
-- have been set aside (redis/mending.cpp). `what` is message, window, letter or state, `id` the endpoint, `keys` name the values.
local function damaged(what, id, keys)
  local reply = {'LULLDAMAGED', what, id}
  for i = 1, math.min(#keys, MOST_DAMAGED) do reply[3 + i] = keys[i] end
  return reply
end
