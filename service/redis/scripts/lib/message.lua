-- message.lua: the packed form of a queued message (version 1) and the rules of merging. `redis/message_codec.cpp` reads it.
--
--   byte version | byte flags | u64 idSeq | u64 upto | u32 events | u16 attempts | u8 losses | u64 token | u64 firstFailed |
--   u64 stamp | i64 occurred | u64 winSeq | u64 due | u64 windowDue | u16 step | u64 entryDue | u16+trace | u32+payload  (big-endian)
--
-- idSeq   the sequence its webhook-id is made of: kept while the content is the same, new with each generation
-- stamp   the endpoint's active clock (now less the time it was paused) when its newest content was queued: what MaxAge counts
-- winSeq  the sequence of the event that gave the payload: breaks ties of occurredAt
-- losses  leases lost in a row. Flags: ALONE: under this lease its process does nothing else (renew.lua); LOST_ALONE: the last
--         loss was one of such a lease
-- due     when it is, or was before its lease, due; windowDue: when the window that made it was due
-- attempts, step, entryDue   attempts that were counted; entries of the retry schedule that are used up; when the schedule wants the
--         next attempt. One that is claimed before entryDue was brought forward and uses up no entry (dispatch/retry_policy.cpp).
local MESSAGE = '>BBI8I8I4HBI8I8I8i8I8I8I8HI8Hc0I4c0'
local LEASED, ATTEMPTED, ATTEMPTED_BEFORE, ALONE, LOST_ALONE = 1, 2, 4, 8, 16

-- Read into locals first: a table that is made with all its fields costs half of one that grows.
local function readMessage(packed)
  local version, flags, idSeq, upto, events, attempts, losses, token, firstFailed, stamp, occurred, winSeq, due, windowDue, step,
    entryDue, trace, payload = struct.unpack(MESSAGE, packed)
  return {version = version, flags = flags, idSeq = idSeq, upto = upto, events = events, attempts = attempts, losses = losses,
    token = token, firstFailed = firstFailed, stamp = stamp, occurred = occurred, winSeq = winSeq, due = due,
    windowDue = windowDue, step = step, entryDue = entryDue, trace = trace, payload = payload}
end

local function packMessage(m)
  return struct.pack(MESSAGE, 1, m.flags, m.idSeq, m.upto, m.events, m.attempts, m.losses, m.token, m.firstFailed, m.stamp,
    m.occurred, m.winSeq, m.due, m.windowDue, m.step, m.entryDue, #m.trace, m.trace, #m.payload, m.payload)
end

-- Whether a value is a packed message: it has the version, and its parts have the lengths that it states. Only then can the rest be read
-- without an error.
local MESSAGE_HEAD = struct.size(string.sub(MESSAGE, 1, -8))
local function isMessage(packed)
  if string.byte(packed, 1) ~= 1 or #packed < MESSAGE_HEAD + 6 then return false end
  local rest = #packed - MESSAGE_HEAD - 6 - struct.unpack('>H', packed, MESSAGE_HEAD + 1)
  return rest >= 0 and rest == struct.unpack('>I4', packed, #packed - rest - 3)
end

-- Of a packed one, without taking the rest apart.
local function isLeased(packed) return bit.band(string.byte(packed, 2), LEASED) ~= 0 end
local function tokenOf(packed) return (struct.unpack('>I8', packed, 26)) end
-- The sequence of its webhook-id, and upto: together they tell its content from any other. The packed one begins at `from`.
local function contentOf(packed, from) return struct.unpack('>I8I8', packed, (from or 1) + 2) end

local function stampOf(packed) return (struct.unpack('>I8', packed, 42)) end
-- Leases lost in a row, and whether the last of them was one under which its process did nothing else.
local function lossesOf(packed)
  return (struct.unpack('>B', packed, 25)), bit.band(string.byte(packed, 2), LOST_ALONE) ~= 0
end

-- The waiting message, leased, with one attempt more. It is patched in place: to unpack and pack all of it costs three times as much.
local function packLeased(packed, due, token)
  local before = string.byte(packed, 2)
  local attempts, losses = struct.unpack('>HB', packed, 23)
  local flags = bit.bor(bit.band(before, LOST_ALONE), LEASED, ATTEMPTED)
  if bit.band(before, ATTEMPTED) ~= 0 then flags = flags + ATTEMPTED_BEFORE end
  return struct.pack('>c1Bc20HBI8c32I8c0', packed, flags, string.sub(packed, 3, 22), math.min(attempts + 1, 65535), losses,
    token, string.sub(packed, 34, 65), due, string.sub(packed, 74))
end

local function has(m, flag) return bit.band(m.flags, flag) ~= 0 end
local function set(m, flag) m.flags = bit.bor(m.flags, flag) end
local function clear(m, flag) m.flags = bit.band(m.flags, bit.bnot(flag)) end

-- Folds newer content into `m`: the newest event by occurredAt wins the payload, ties go to the higher sequence.
local function foldContent(m, newer)
  if newer.occurred > m.occurred or (newer.occurred == m.occurred and newer.winSeq > m.winSeq) then
    m.payload, m.occurred, m.winSeq = newer.payload, newer.occurred, newer.winSeq
  end
  if newer.trace ~= '' then m.trace = newer.trace end
  m.events = math.min(m.events + newer.events, 4294967295)
  if newer.upto > m.upto then m.upto = newer.upto end
  m.stamp = math.max(m.stamp, newer.stamp)
end

-- Attempts count from the beginning, the first one due at `due`.
local function startAnew(m, due)
  m.attempts, m.losses, m.firstFailed, m.due, m.step, m.entryDue = 0, 0, 0, due, 0, due
end

-- Merges newer content into a message that waits. If it was ever attempted the receiver may have processed it although the
-- reply was lost, so the merge starts a new generation with an id of its own; it goes on with the schedule where that is. The caller counts one
-- superseded.
local function mergeWaiting(m, newer, now, firstRetryDelay)
  local grown = newer.upto > m.upto
  foldContent(m, newer)
  if has(m, ATTEMPTED) and grown then
    m.idSeq = m.upto
    m.due = math.min(m.due, now + firstRetryDelay)
    m.windowDue = newer.windowDue
    m.losses = 0
    clear(m, ATTEMPTED)
    clear(m, ATTEMPTED_BEFORE)
  end
end
