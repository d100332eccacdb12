-- key.lua: the key of a message in the queue of its endpoint: its member in the sorted sets q, l and z, and its field in the hashes m, t
-- and d (domain/message_key.cpp). There are two forms:
--   "<bit of the change type>n<number>" or "<bit>s<text>"   the lane of an item, which is also the key of its window: holds one message
--   "<length of the lane>:<lane><position>"                 a message in a lane that holds more of them; 16 hexadecimal digits of position
-- The successor of a message whose key has the first form is the field "+<key>" of the hash m.

-- Returns the bit of the change type; 0 when the text is no key. Patterns cost more than all else that is done with most keys, whose bit has
-- one digit.
local function bitOf(key)
  local digit, kind = string.byte(key, 1, 2)
  if (kind == 110 or kind == 115) and digit >= 48 and digit <= 57 then return digit - 48 end
  return tonumber(string.match(key, '^(%d+)[ns]') or string.match(key, '^%d+:(%d+)[ns]') or 0)
end

local function successorOf(key) return '+' .. key end
-- Returns the key of a field of the hash m, which may be a successor's.
local function keyOf(field) return (string.gsub(field, '^%+', '')) end
