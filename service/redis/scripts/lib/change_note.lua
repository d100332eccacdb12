-- change_note.lua: writes the index of what changed. Its form is described in lib/changes.lua.
--@include lib/batch.lua
--@include lib/window.lua
--@include lib/changes.lua

-- A window with more bytes is noted without what the index does not need.
local MOST_NOTED = 200

local shortened
-- Returns a packed window without what the index does not need. The functions for that are made when a call first needs them.
local function shorten(w)
  if not shortened then
--@include lib/change_payload.lua
    shortened = function(window)
      local eventType, operation, base = factsOfChange(window.payload)
      return packWindow({first = window.first, last = window.last, firstSeq = window.firstSeq, upto = window.upto, events = window.events,
        occurred = window.occurred, winSeq = window.winSeq, facts = '', trace = '',
        payload = eventType and payloadOfChange(eventType, operation, base) or ''})
    end
  end
  return shortened(w)
end

-- Notes windows that fire, in the order of `keys`: their packed forms, and what readWindow returned of them.
local function noteChanges(index, keys, packed, windows, fired)
  local plain, exact, bare, entries = struct.pack('>BBI7', 2, 0, fired), struct.pack('>BBI7', 2, 1, fired), struct.pack('>BBI7', 2, 2, fired), {}
  for i, key in ipairs(keys) do
    local from, w = packed[i], windows[i]
    if #from > MOST_NOTED then from = shorten(w) end
    local last, upto = string.sub(from, 10, 17), string.sub(from, 26, 33)
    entries[2 * i - 1] = key
    if w.occurred ~= w.last or w.winSeq ~= w.upto then
      entries[2 * i] = exact .. last .. upto .. string.sub(from, 38)
    elseif string.sub(from, 54, 57) == '\0\0\0\0' then
      entries[2 * i] = bare .. last .. upto .. string.sub(from, 62)
    else
      entries[2 * i] = plain .. last .. upto .. string.sub(from, 54)
    end
  end
  callAll('HSET', index, entries)
end
