-- change_index.lua: reads the index of what changed. Its form is described in lib/changes.lua.
--@include lib/change_payload.lua

-- Returns what an entry says; nil when it cannot be read.
local function readChange(packed)
  if #packed < 33 then return nil end
  local version, form, fired, last, upto = struct.unpack('>BBI7I8I8', packed)
  local c, at = {fired = fired, last = last, upto = upto, occurred = last, winSeq = upto}, 26
  if version ~= 2 or form > 2 then return nil end
  if form == 1 then
    if #packed < 49 then return nil end
    c.occurred, c.winSeq = struct.unpack('>i8I8', packed, at)
    at = 42
  end
  if form < 2 then
    -- Facts, trace and payload: each stands behind its length.
    for _ = 1, 2 do
      if at + 1 > #packed then return nil end
      at = at + 2 + struct.unpack('>H', packed, at)
    end
    if at + 3 > #packed or at + 3 + struct.unpack('>I4', packed, at) ~= #packed then return nil end
    at = at + 4
  end
  c.eventType, c.operation, c.base = factsOfChange(string.sub(packed, at))
  return c.eventType and (c.operation == 1 or c.operation == 2 or c.operation == 4) and c or nil
end
