-- history_close.lua: writes the step of the fleet's history that is over (lib/history.lua). Whichever replica comes first writes it.
-- KEYS  1 meta (hash)  2 counters (hash)  3 what is being counted (hash)  4 history (hash)
-- ARGV  1 now ms  2 depth of all queues  3 age of the oldest message, window or event that is due, ms
-- Reply: the last step that was written; the same as before when another call has written it.
-- After a time in which no replica ran, what was counted belongs to the step in which the last one ended: counters stand still without a
-- replica. The steps in between are missing. The first call of a store only begins to count; in a store that was born a moment ago (`born`
-- of the meta hash, in microseconds) from zero, so that what came before that call is in its first step.
-- O(buckets + bytes of an hour), which is 10 KB. Refused at maxmemory before anything is written (its first write is a HSET).
--@include lib/types.lua
--@include lib/history.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash', KEYS[4], 'hash'})
if wrong then return wrong end
local now, depth, age = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not (now and depth and age) or #ARGV ~= 3 then return redis.error_reply('LULLARG history_close') end
local COUNTED = {'accepted', 'coalesced', 'delivered', 'deadLettered'}
local function whole(found) return found and isWhole(found) and tonumber(found) or 0 end

-- What is being counted, as it is now: fields, and lags by their level and bucket.
local fields, lags = {}, {['0'] = {}, ['1'] = {}, ['5'] = {}}
local found = redis.call('HGETALL', KEYS[3])
for i = 1, #found, 2 do
  local level, bucket = string.match(found[i], '^([015]):(%d+)$')
  if level then lags[level][tonumber(bucket)] = whole(found[i + 1]) else fields[found[i]] = found[i + 1] end
end
local current, last = math.floor(now / STEP_MS), lastStepIn(fields.step, now)
if last and last >= current - 1 then return last end

local kept, changes = redis.call('HMGET', KEYS[2], unpack(COUNTED)), {'step', text(current - 1), 'failed', '0'}
local grown = {}
local born = not last and redis.call('HGET', KEYS[1], 'born')
local bornAgo = born and isWhole(born) and current - math.floor(tonumber(born) / 1000 / STEP_MS)
local young = bornAgo == 0 or bornAgo == 1
for i, name in ipairs(COUNTED) do
  grown[name] = math.max(whole(kept[i]) - whole(fields[name]), 0)
  changes[#changes + 1], changes[#changes + 2] = name, young and '0' or text(whole(kept[i]))
end
redis.call('HSET', KEYS[3], unpack(changes))
if not last then return current - 1 end

local function varint(number)
  local bytes = ''
  repeat
    local low = number % 128
    number = (number - low) / 128
    bytes = bytes .. string.char(number > 0 and low + 128 or low)
  until number == 0
  return bytes
end

-- Returns the bucket + 1 of the smallest lag that `share` of all do not exceed; 0 without a lag. history::percentile does the same.
local function percentile(counts, share)
  local total, seen = 0, 0
  for bucket = 0, LAST_BUCKET do total = total + (counts[bucket] or 0) end
  if total == 0 then return 0 end
  for bucket = 0, LAST_BUCKET do
    seen = seen + (counts[bucket] or 0)
    if (counts[bucket] or 0) > 0 and seen >= math.ceil(total * share) then return bucket + 1 end
  end
end

local function keep(kind, hour, packed)
  local field = kind .. text(hour)
  redis.call('HSET', KEYS[4], field, (redis.call('HGET', KEYS[4], field) or '') .. packed)
end

-- Removes what is too old. Only a new hour can make it so.
local function forget(hour)
  for _, field in ipairs(redis.call('HKEYS', KEYS[4])) do
    local of = tonumber(string.match(field, '^%a(%d+)$') or 0)
    if of < hour - HOURS_KEPT then redis.call('HDEL', KEYS[4], field) end
  end
end

local step = last + 1
local hour = math.floor(step / STEPS_PER_HOUR)
if redis.call('HEXISTS', KEYS[4], 't' .. text(hour)) == 0 then forget(math.floor(current / STEPS_PER_HOUR)) end
keep('t', hour, struct.pack('>HBB', step % STEPS_PER_HOUR, percentile(lags['0'], 0.5), percentile(lags['0'], 0.99))
  .. varint(grown.accepted) .. varint(grown.coalesced) .. varint(grown.delivered) .. varint(whole(fields.failed))
  .. varint(grown.deadLettered) .. varint(math.max(math.floor(age), 0)) .. varint(math.max(math.floor(depth), 0)))

-- Writes the lags of a minute, or of five.
local function writeMinute(minute, counts)
  if next(counts) == nil then return end
  keep('m', math.floor(minute / 60), struct.pack('>BBB', minute % 60, percentile(counts, 0.5), percentile(counts, 0.99)))
end
local function writeFive(five, counts)
  local packed, buckets = '', 0
  for bucket = 0, LAST_BUCKET do
    if (counts[bucket] or 0) > 0 then
      packed, buckets = packed .. string.char(bucket) .. varint(counts[bucket]), buckets + 1
    end
  end
  if buckets > 0 then keep('h', math.floor(five / 12), struct.pack('>BB', five % 12, buckets) .. packed) end
end

-- Adds the lags of the step to a longer span, which is written once it is over. A span that was left unfinished when the fleet ended is
-- written before.
local gone, written = {}, {}
local function fold(level, name, steps, write)
  local span, counts, before = math.floor(step / steps), lags[level], whole(fields[name])
  for bucket in pairs(counts) do gone[#gone + 1] = level .. ':' .. text(bucket) end
  if before ~= span then
    write(before, counts)
    counts = {}
  end
  for bucket, lagsIn in pairs(lags['0']) do
    if bucket <= LAST_BUCKET then counts[bucket] = (counts[bucket] or 0) + lagsIn end
  end
  if math.floor(current / steps) ~= span then
    write(span, counts)
    counts = {}
  end
  for bucket, lagsIn in pairs(counts) do written[#written + 1], written[#written + 2] = level .. ':' .. text(bucket), text(lagsIn) end
  written[#written + 1], written[#written + 2] = name, text(span)
end
fold('1', 'minute', 6, writeMinute)
fold('5', 'five', 30, writeFive)
for bucket in pairs(lags['0']) do gone[#gone + 1] = '0:' .. text(bucket) end
if #gone > 0 then redis.call('HDEL', KEYS[3], unpack(gone)) end
redis.call('HSET', KEYS[3], unpack(written))
return current - 1
