-- stream.lua: the packed form of an event in the stream (version 2), the list of the events that some endpoint takes unmerged. admit.lua
-- appends them in the order of their sequences.
--   byte version | u64 sequence | u64 admitted ms | i64 occurred ms | u32 bit | u16+item key | u16+trace | u32+payload   (big-endian)
local STREAM_EVENT = '>BI8I8i8I4Hc0Hc0I4c0'

local function readStreamEvent(packed)
  local _, sequence, admitted, occurred, bitTaken, item, trace, payload = struct.unpack(STREAM_EVENT, packed)
  return {sequence = sequence, admitted = admitted, occurred = occurred, bit = bitTaken, item = item, trace = trace, payload = payload}
end

local function packStreamEvent(e)
  return struct.pack(STREAM_EVENT, 2, e.sequence, e.admitted, e.occurred, e.bit, #e.item, e.item, #e.trace, e.trace, #e.payload, e.payload)
end

-- Whether a value is a packed event: it has the version, and its parts have the lengths that it states. Only then can it be read without
-- an error.
local STREAM_EVENT_HEAD = struct.size('>BI8I8i8I4')
local function isStreamEvent(packed)
  if string.byte(packed, 1) ~= 2 then return false end
  local at = STREAM_EVENT_HEAD + 1
  for _ = 1, 2 do
    if #packed < at + 1 then return false end
    at = at + 2 + struct.unpack('>H', packed, at)
  end
  return #packed >= at + 3 and #packed == at + 3 + struct.unpack('>I4', packed, at)
end

-- Reads one field of a packed event, which costs less than unpacking all of it.
local function admittedOfStreamEvent(packed) return (struct.unpack('>I8', packed, 10)) end
