-- history_note.lua: adds what one process has noted of its attempts to what is being counted of the fleet's history (lib/history.lua), and
-- to the history of endpoints.
-- KEYS  1 meta (hash)  2 what is being counted (hash)  3 registrations (hash)  then per endpoint: its attempts n (string)
-- ARGV  1 now ms  2 number of buckets  then per bucket: its number, lags in it  then per endpoint: id, attempts, failures
-- Reply: the last step that was written; -1 when none was.
-- The attempts of an endpoint are entries of five minutes: u16 which five minutes since 1970, modulo 65536 | u24 attempts | u24 failures,
-- oldest first, at most 289 (a day and the one that is being counted). So an endpoint takes 2.3 KB at most. A number that would not fit
-- stays at the highest. An endpoint that was deleted meanwhile gets nothing.
-- O(buckets + endpoints). Refused at maxmemory before anything is written (its first write is a HINCRBY).
--@include lib/types.lua
--@include lib/history.lua
local SLOT_MS, ENTRY, ENTRY_BYTES, MOST_ENTRIES, HIGHEST = 300000, '>HI3I3', 8, 289, 16777215
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash'})
if wrong then return wrong end
local now, buckets = tonumber(ARGV[1]), tonumber(ARGV[2])
local count = #KEYS - 3
if not (now and buckets) or #ARGV ~= 2 + 2 * buckets + 3 * count then return redis.error_reply('LULLARG history_note') end
for i = 1, count do
  wrong = wrongType({KEYS[3 + i], 'string'})
  if wrong then return wrong end
end
local firstEndpoint = 2 + 2 * buckets
local noted = {}
for i = 3, #ARGV do
  local isId = i > firstEndpoint and (i - firstEndpoint) % 3 == 1
  noted[i] = not isId and tonumber(ARGV[i])
  if not isId and not noted[i] then return redis.error_reply('LULLARG history_note number') end
end

local function addTo(name, by)
  if by == 0 then return end
  local done = redis.pcall('HINCRBY', KEYS[2], name, text(by))
  if type(done) == 'table' and done.err and string.find(done.err, 'OOM') then return done end
  if type(done) == 'table' and done.err then redis.call('HSET', KEYS[2], name, text(by)) end
end

-- Entries that are too old go when a new one is added.
local slot = math.floor(now / SLOT_MS) % 65536
local function addAttempts(key, attempts, failures)
  local length = redis.call('STRLEN', key)
  local last = length % ENTRY_BYTES == 0 and redis.call('GETRANGE', key, -ENTRY_BYTES, -1) or ''
  local lastSlot, before, failed = -1, 0, 0
  if #last == ENTRY_BYTES then lastSlot, before, failed = struct.unpack(ENTRY, last) end
  local isSame = lastSlot == slot
  if not isSame then before, failed = 0, 0 end
  local entry = struct.pack(ENTRY, slot, math.min(before + attempts, HIGHEST), math.min(failed + failures, HIGHEST))
  if isSame then
    redis.call('SETRANGE', key, length - ENTRY_BYTES, entry)
  elseif #last == ENTRY_BYTES then
    local kept, from = redis.call('GET', key), 1
    while from <= #kept and (slot - struct.unpack('>H', kept, from)) % 65536 >= MOST_ENTRIES do from = from + ENTRY_BYTES end
    redis.call('SET', key, string.sub(kept, math.max(from, #kept - (MOST_ENTRIES - 1) * ENTRY_BYTES + 1)) .. entry)
  else
    redis.call('SET', key, entry)
  end
end

local failures = 0
for i = 1, count do failures = failures + noted[firstEndpoint + 3 * i] end
local refused = addTo('failed', failures)
for i = 3, firstEndpoint, 2 do refused = refused or addTo('0:' .. text(noted[i]), noted[i + 1]) end
if refused then return refused end
for i = 1, count do
  local a = firstEndpoint + 3 * (i - 1)
  if redis.call('HEXISTS', KEYS[3], ARGV[a + 1]) == 1 then addAttempts(KEYS[3 + i], noted[a + 2], noted[a + 3]) end
end
return lastStepIn(redis.call('HGET', KEYS[2], 'step'), now) or -1
