-- window.lua: the packed form of a debounce window (version 3). Its due time is its score in the window index.
--   byte version | u64 first | u64 last | u64 firstSeq | u64 upto | u32 events | i64 occurred | u64 winSeq | u16+facts | u16+trace |
--   u32+payload   (big-endian)
-- `first` and `last` are when its first and its latest event were accepted. The facts are those of all its events (lib/facts.lua). They are
-- empty where no endpoint had a filter when the window was opened.
local WINDOW = '>BI8I8I8I8I4i8I8Hc0Hc0I4c0'

local function readWindow(packed)
  local _, first, last, firstSeq, upto, events, occurred, winSeq, said, trace, payload = struct.unpack(WINDOW, packed)
  return {first = first, last = last, firstSeq = firstSeq, upto = upto, events = events, occurred = occurred, winSeq = winSeq, facts = said,
    trace = trace, payload = payload}
end

-- Whether a value is a packed window: it has the version, and its parts have the lengths that it states.
local WINDOW_HEAD = struct.size(string.sub(WINDOW, 1, -11))
local function isWindow(packed)
  if string.byte(packed, 1) ~= 3 or #packed < WINDOW_HEAD + 8 then return false end
  local trace = WINDOW_HEAD + 3 + struct.unpack('>H', packed, WINDOW_HEAD + 1)
  if trace + 5 > #packed then return false end
  local rest = #packed - trace - 5 - struct.unpack('>H', packed, trace)
  return rest >= 0 and rest == struct.unpack('>I4', packed, #packed - rest - 3)
end

local function packWindow(w)
  return struct.pack(WINDOW, 3, w.first, w.last, w.firstSeq, w.upto, w.events, w.occurred, w.winSeq, #w.facts, w.facts, #w.trace, w.trace,
    #w.payload, w.payload)
end
