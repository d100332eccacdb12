-- letter.lua: the packed form of a dead letter (version 2). `redis/message_codec.cpp` reads it.
--   byte version | u64 number | u64 death | byte reason | u16 last status (0: none) | byte class of the failure | u64 deadAt |
--   u64 supersededAt (0: not) | u16+last error | u32+message | u32+history   (big-endian)
--   reasons: 0 exhausted 1 permanent 2 expired 3 poisoned; classes: FailureClass of domain/attempt.hpp
-- `number` names this letter; a later letter of the same key has another one. While the letter exists, a new failure of its key updates
-- it under the same number. Each death, also such an update, draws a higher `death` from the same counter. So the death alone tells whether
-- a letter is still the one that a call saw.
local LETTER = '>BI8I8BHBI8I8Hc0I4c0I4c0'
--@include lib/group.lua

local function readLetter(packed)
  local d = {}
  d.version, d.number, d.death, d.reason, d.status, d.class, d.deadAt, d.supersededAt, d.error, d.message, d.history =
    struct.unpack(LETTER, packed)
  return d
end

-- Whether a value is a packed letter: it has the version and a message, and its parts have the lengths that it states.
local LETTER_HEAD, LETTER_REASONS, LETTER_CLASSES = struct.size(string.sub(LETTER, 1, -12)), 3, 8
local function isLetter(packed)
  local length = #packed
  if string.byte(packed, 1) ~= 2 or length < LETTER_HEAD + 10 or string.byte(packed, 18) > LETTER_REASONS then return false end
  if string.byte(packed, 21) > LETTER_CLASSES then return false end
  local at = LETTER_HEAD + 3 + struct.unpack('>H', packed, LETTER_HEAD + 1)
  if at + 3 > length then return false end
  local message = at + 4
  at = message + struct.unpack('>I4', packed, at)
  if at + 3 > length or at + 3 + struct.unpack('>I4', packed, at) ~= length then return false end
  return isMessage(string.sub(packed, message, at - 1))
end

local function packLetter(d)
  return struct.pack(LETTER, 2, d.number, d.death, d.reason, d.status, d.class, d.deadAt, d.supersededAt, #d.error, d.error, #d.message,
    d.message, #d.history, d.history)
end

-- Returns the parts of a packed letter that filters look at: number, death, reason, status, class, deadAt, supersededAt, upto.
local function letterHead(packed)
  local _, number, death, reason, status, class, deadAt, supersededAt, errorLength, messageAt = struct.unpack('>BI8I8BHBI8I8H', packed)
  local _, upto = contentOf(packed, messageAt + errorLength + 4)
  return number, death, reason, status, class, deadAt, supersededAt, upto
end

-- Returns the packed letter of the key if it is still the one that a call saw; nil when it was removed, replaced or updated since.
local function letterAsSeen(letters, key, death)
  local packed = redis.call('HGET', letters, key)
  if not packed then return nil end
  local _, found = letterHead(packed)
  return text(found) == death and packed or nil
end

-- Returns the member of a letter in the sorted set of all endpoints.
local function letterMember(id, key) return id .. '|' .. key end

-- Removes a letter, of which `d` is what readLetter returns, and counts that as `removed_<why>`. `at` names the keys: counters, all (letters
-- of all endpoints), groups, own (their order at the endpoint), letters.
local function removeLetter(at, id, key, d, why)
  redis.call('ZREM', at.all, letterMember(id, key))
  redis.call('ZREM', at.groups, groupMember(id, key, d))
  redis.call('ZREM', at.own, key)
  if redis.call('HDEL', at.letters, key) == 1 then bump(at.counters, 'removed_' .. why, 1) end
end
