-- change_index.lua: moves what lib/changes.lua notes into the index, and reads the index. The forms of both are described there.
--@include lib/batch.lua
--@include lib/window.lua
--@include lib/change_payload.lua
--@include lib/changes.lua

local CHANGE, CHANGE_EXACT = '>BBI8I6I6Hc0c0', '>BBI8I6I6i8I8Hc0c0'
local EXACT = 64

-- Returns the entry of a window; nil when its payload cannot be read.
local function packChange(upto, fired, last, occurred, winSeq, payload)
  local eventType, operation, base = factsOfChange(payload)
  if not eventType then return nil end
  if occurred == last and winSeq == upto then
    return struct.pack(CHANGE, 1, operation, upto, fired, last, #eventType, eventType, base)
  end
  return struct.pack(CHANGE_EXACT, 1, operation + EXACT, upto, fired, last, occurred, winSeq, #eventType, eventType, base)
end

-- Returns what an entry says; nil when it cannot be read.
local function readChange(packed)
  if #packed < 24 or string.byte(packed) ~= 1 then return nil end
  local _, operation, upto, fired, last = struct.unpack('>BBI8I6I6', packed)
  local c, at = {upto = upto, fired = fired, last = last, occurred = last, winSeq = upto, operation = operation}, 23
  if operation >= EXACT then
    if #packed < 40 then return nil end
    c.operation, c.occurred, c.winSeq = operation - EXACT, struct.unpack('>i8I8', packed, at)
    at = 39
  end
  local length = struct.unpack('>H', packed, at)
  if at + 1 + length > #packed or not (c.operation == 1 or c.operation == 2 or c.operation == 4) then return nil end
  c.eventType, c.base = string.sub(packed, at + 2, at + 1 + length), string.sub(packed, at + 2 + length)
  return c
end

-- Returns when the windows of a call fired, and their keys, of the element that stands before them; nil when it is none.
local function readNote(element)
  if #element < 12 or string.byte(element) ~= 1 then return nil end
  local _, fired, count = struct.unpack('>BI7I4', element)
  local keys = {}
  for key in string.gmatch(string.sub(element, 13), '[^\255]+') do keys[#keys + 1] = key end
  return #keys == count and fired or nil, keys
end

-- Adds the windows of one call, which begin at `elements[at]`, to `into`: item key → entry. Returns the place behind them, and whether all of it
-- could be read; nil when not all of it is among the elements.
local function unfold(elements, at, into)
  local fired, keys = readNote(elements[at])
  if not fired then return at + 1, false end
  if at + #keys > #elements then return nil end
  local whole = true
  for i, key in ipairs(keys) do
    local packed, entry = elements[at + i], nil
    if isWindow(packed) then
      local _, _, last, _, upto, _, occurred, winSeq, _, _, payload = struct.unpack(WINDOW, packed)
      entry = packChange(upto, fired, last, occurred, winSeq, payload)
    end
    if entry then into[key] = entry else whole = false end
  end
  return at + #keys + 1, whole
end

-- Moves what fire.lua noted into the index, at least the windows of one call, and no more once there were `most`. What cannot be read is
-- lost, so the index is complete from now on only. Returns whether everything was moved. O(windows).
local function foldChanges(list, index, now, most)
  local entries, at, lost = {}, 1, false
  local elements = redis.call('LRANGE', list, 0, 2 * most)
  local length = redis.call('LLEN', list)
  while at <= #elements and at <= most do
    local following, whole = unfold(elements, at, entries)
    if not following and #elements < length then
      if at > 1 then break end
      elements = redis.call('LRANGE', list, 0, -1)
    else
      at, lost = following or #elements + 1, lost or not (following and whole)
    end
  end
  redis.call(lost and 'HSET' or 'HSETNX', KEYS[1], 'changedFrom', text(now))
  if at == 1 then return true end
  local written = {}
  for key, entry in pairs(entries) do written[#written + 1], written[#written + 2] = key, entry end
  callAll('HSET', index, written)
  redis.call('LTRIM', list, at - 1, -1)
  return at > length
end
