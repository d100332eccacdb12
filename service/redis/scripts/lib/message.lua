-- message.lua: the packed forms of a queued message (versions 4 and 5) and the rules of merging. `redis/message_codec.cpp` reads them.
--
-- Version 4, of any message:
--   byte version | byte flags | u64 idSeq | u64 upto | u32 events | u16 attempts | u8 losses | u64 token | u64 firstFailed |
--   u64 stamp | i64 occurred | u64 winSeq | u64 due | u64 windowDue | u16 step | u64 entryDue | u64 sent |
--   u16+item | u16+trace | u8+origin | u32+payload  (big-endian)
-- Version 5, of most messages that fire.lua leases in the step that makes them. It begins alike, and what it lacks is known: stamp, due,
-- entryDue and sent are `claimed`, winSeq is upto, all else is 0 or empty. It is never of a lane or a mailbox, and always leased: what
-- changes such a message, or lets it wait, writes version 4.
--   byte version | byte flags | u64 idSeq | u64 upto | u32 events | u16 attempts | u8 losses | u64 token |
--   u64 claimed | i64 occurred | u64 windowDue | u16+trace | u32+payload
--
-- idSeq      the sequence of which its webhook-id is made: stays while the content is the same, changes with each generation
-- attempts   how many attempts were counted
-- losses     how many leases were lost in a row
-- stamp      the time of the endpoint's own clock (activeClock in lib/endpoint.lua) when the newest content was queued; MaxAge counts from it
-- winSeq     the sequence of the event that gave the payload; decides between events of the same occurredAt
-- due        when the message is due, or was due before it was leased
-- windowDue  when the window that made it was due
-- step       how many entries of the retry schedule are used up
-- entryDue   when the schedule wants the next attempt. An attempt that is claimed earlier was brought forward and uses up no entry
--            (dispatch/retry_policy.cpp)
-- sent       when this content was claimed for the first time (0: not yet): what receivers are told as the time of sending, on every attempt
-- item       in a lane that holds more messages (lib/lane.lua): the item key of the event; else empty, because the message's key says it
-- origin     of a letter that was retried: which retry revived it, and from which group (lib/retried.lua); else empty
-- Flags: LEASED; ATTEMPTED, this content was claimed before or is now; ATTEMPTED_BEFORE, it was so before the present lease; ALONE, its
-- process does nothing else under this lease (renew.lua); LOST_ALONE, the lease that was lost last was such a one; REPLAY, it is sent out of
-- its order (header Lull-Replay); ASIDE, its receiver set it aside, so it waits in `x` and not in `q` (lib/lane.lua).
local MESSAGE = '>BBI8I8I4HBI8I8I8i8I8I8I8HI8I8Hc0Hc0Bc0I4c0'
local FRESH_VERSION, FRESH = 5, '>BBI8I8I4HBI8I8i8I8Hc0I4c0'
local LEASED, ATTEMPTED, ATTEMPTED_BEFORE, ALONE, LOST_ALONE, REPLAY, ASIDE = 1, 2, 4, 8, 16, 32, 64
--@include lib/key.lua
--@include lib/facts.lua
--@include lib/subscription.lua

-- The fields are read into locals first, because a table that is made with all its fields costs half as much as one that grows.
local function readMessage(packed)
  if string.byte(packed, 1) == FRESH_VERSION then
    local version, flags, idSeq, upto, events, attempts, losses, token, claimed, occurred, windowDue, trace, payload = struct.unpack(FRESH, packed)
    return {version = version, flags = flags, idSeq = idSeq, upto = upto, events = events, attempts = attempts, losses = losses,
      token = token, firstFailed = 0, stamp = claimed, occurred = occurred, winSeq = upto, due = claimed, windowDue = windowDue, step = 0,
      entryDue = claimed, sent = claimed, item = '', trace = trace, origin = '', payload = payload}
  end
  local version, flags, idSeq, upto, events, attempts, losses, token, firstFailed, stamp, occurred, winSeq, due, windowDue, step,
    entryDue, sent, item, trace, origin, payload = struct.unpack(MESSAGE, packed)
  return {version = version, flags = flags, idSeq = idSeq, upto = upto, events = events, attempts = attempts, losses = losses,
    token = token, firstFailed = firstFailed, stamp = stamp, occurred = occurred, winSeq = winSeq, due = due,
    windowDue = windowDue, step = step, entryDue = entryDue, sent = sent, item = item, trace = trace, origin = origin,
    payload = payload}
end

local function packMessage(m)
  local origin = m.origin or ''
  return struct.pack(MESSAGE, 4, m.flags, m.idSeq, m.upto, m.events, m.attempts, m.losses, m.token, m.firstFailed, m.stamp,
    m.occurred, m.winSeq, m.due, m.windowDue, m.step, m.entryDue, m.sent or 0, #m.item, m.item, #m.trace, m.trace, #origin, origin,
    #m.payload, m.payload)
end

-- Whether a value is a packed message: it has a version, and its parts have the lengths that it states. Only then can the rest be read
-- without an error.
local MESSAGE_HEAD, FRESH_HEAD = struct.size(string.sub(MESSAGE, 1, -14)), struct.size(string.sub(FRESH, 1, -8))
local function isMessage(packed)
  local version = string.byte(packed, 1)
  if version == FRESH_VERSION then
    local rest = #packed >= FRESH_HEAD + 6 and #packed - FRESH_HEAD - 6 - struct.unpack('>H', packed, FRESH_HEAD + 1) or -1
    return rest >= 0 and rest == struct.unpack('>I4', packed, #packed - rest - 3)
  end
  if version ~= 4 or #packed < MESSAGE_HEAD + 9 then return false end
  local trace = MESSAGE_HEAD + 3 + struct.unpack('>H', packed, MESSAGE_HEAD + 1)
  if trace + 6 > #packed then return false end
  local origin = trace + 2 + struct.unpack('>H', packed, trace)
  if origin + 4 > #packed then return false end
  local rest = #packed - origin - 4 - string.byte(packed, origin)
  return rest >= 0 and rest == struct.unpack('>I4', packed, #packed - rest - 3)
end

-- Returns the item key of a message that stands under `key`.
local function itemOf(key, packed)
  if string.byte(packed, 1) == FRESH_VERSION then return key end
  local length = struct.unpack('>H', packed, MESSAGE_HEAD + 1)
  return length > 0 and string.sub(packed, MESSAGE_HEAD + 3, MESSAGE_HEAD + 2 + length) or key
end
-- Returns the bit of its change type; 0 when neither its key nor its item says one.
local function bitIn(key, packed)
  local said = bitOf(key)
  return said > 0 and said or bitOf(itemOf(key, packed))
end
-- Returns the payload of a message of a lane or a mailbox.
local function payloadOf(packed)
  local trace = MESSAGE_HEAD + 3 + struct.unpack('>H', packed, MESSAGE_HEAD + 1)
  local origin = trace + 2 + struct.unpack('>H', packed, trace)
  return string.sub(packed, origin + 5 + string.byte(packed, origin))
end
-- Whether a mailbox still takes the message. One that was revived, or is about to be, was accepted before its letter: whatever `since` says.
local function isTaken(state, key, packed, revived)
  local sequence = not revived and bit.band(string.byte(packed, 2), REPLAY) == 0 and struct.unpack('>I8', packed, 11) or nil
  return subscriptions().takes(state.subs, bitIn(key, packed), sequence, facts().of(payloadOf(packed)))
end
-- Whether the endpoint with this state (lib/endpoint.lua) still wants the message: its change type, and in a lane its event. A message of
-- several events was let pass as a whole, when its window was.
local function wanted(state, key, packed, revived)
  if state.mailbox == 1 then return isTaken(state, key, packed, revived) end
  if bit.band(state.mask, bitIn(key, packed)) == 0 then return false end
  if state.lanes == 0 or not state.filter or struct.unpack('>I4', packed, 19) > 1 then return true end
  return facts().wants(state, facts().of(payloadOf(packed)))
end

-- The next functions read single fields of a packed message, which costs less than unpacking all of it.
local function isLeased(packed) return bit.band(string.byte(packed, 2), LEASED) ~= 0 end
local function tokenOf(packed) return (struct.unpack('>I8', packed, 26)) end
-- Returns the sequence of the webhook-id, and upto. Together they tell the content from any other. The message begins at byte `from`.
local function contentOf(packed, from) return struct.unpack('>I8I8', packed, (from or 1) + 2) end

local function entryDueOf(packed) return (struct.unpack('>I8', packed, string.byte(packed, 1) == FRESH_VERSION and 34 or 84)) end
local function stampOf(packed) return (struct.unpack('>I8', packed, string.byte(packed, 1) == FRESH_VERSION and 34 or 42)) end
-- Returns the packed message, one of a lane, with another stamp.
local function restamped(packed, stamp) return struct.pack('>c41I8c0', packed, stamp, string.sub(packed, 50)) end
local function isAside(packed) return bit.band(string.byte(packed, 2), ASIDE) ~= 0 end
-- Returns how many leases were lost in a row, and whether its process did nothing else under the last one.
local function lossesOf(packed)
  return (struct.unpack('>B', packed, 25)), bit.band(string.byte(packed, 2), LOST_ALONE) ~= 0
end

-- Returns the packed message of a waiting one: leased, with one more attempt. Only the bytes that change are replaced, because unpacking
-- and packing all of it costs three times as much.
local function packLeased(packed, due, token, now)
  local before, sent = string.byte(packed, 2), struct.unpack('>I8', packed, 92)
  if bit.band(before, ATTEMPTED) == 0 or sent == 0 then sent = now end
  local attempts, losses = struct.unpack('>HB', packed, 23)
  local flags = bit.bor(bit.band(before, LOST_ALONE + REPLAY + ASIDE), LEASED, ATTEMPTED)
  if bit.band(before, ATTEMPTED) ~= 0 then flags = flags + ATTEMPTED_BEFORE end
  return struct.pack('>c1Bc20HBI8c32I8c18I8c0', packed, flags, string.sub(packed, 3, 22), math.min(attempts + 1, 65535), losses,
    token, string.sub(packed, 34, 65), due, string.sub(packed, 74, 91), sent, string.sub(packed, 100))
end

local function has(m, flag) return bit.band(m.flags, flag) ~= 0 end
local function set(m, flag) m.flags = bit.bor(m.flags, flag) end
local function clear(m, flag) m.flags = bit.band(m.flags, bit.bnot(flag)) end

-- Merges newer content into `m`. The payload is that of the event with the newest occurredAt, of equal ones that with the higher sequence.
local function foldContent(m, newer)
  if newer.occurred > m.occurred or (newer.occurred == m.occurred and newer.winSeq > m.winSeq) then
    m.payload, m.occurred, m.winSeq = newer.payload, newer.occurred, newer.winSeq
  end
  if newer.trace ~= '' then m.trace = newer.trace end
  if newer.origin ~= nil and newer.origin ~= '' then m.origin = newer.origin end
  m.events = math.min(m.events + newer.events, 4294967295)
  if newer.upto > m.upto then m.upto = newer.upto end
  m.stamp = math.max(m.stamp, newer.stamp)
end

-- Lets the attempts of a message count from the beginning; the first is due at `due`.
local function startAnew(m, due)
  m.attempts, m.losses, m.firstFailed, m.due, m.step, m.entryDue = 0, 0, 0, due, 0, due
end

-- Merges newer content into a message that waits. If the message was ever attempted, the receiver may have processed it although its
-- answer was lost. The merge starts a new generation then, with an id of its own, which goes on with the retry schedule where that
-- stands. The caller counts one message as superseded.
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
  -- It is news now.
  if grown and not (newer.flags and has(newer, REPLAY)) then clear(m, REPLAY) end
end
