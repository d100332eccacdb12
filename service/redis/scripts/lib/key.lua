-- key.lua: where a message stands in the queue of its endpoint: its member in the sorted sets q, l and z, and its field in the hashes
-- m, t and d (domain/message_key.cpp).
--   "<bit of the change type>n<number>" or "<bit>s<text>"   the lane of an item, as it stands in the windows, too: one message
--   "<length of the lane>:<lane><sequence>"                 one of a lane that holds more messages; the sequence in 16 hexadecimal digits
-- What follows a message of the first form stands in the hash m behind it: field "+<key>".

-- The bit of the change type; 0 when it is no key.
local function bitOf(key)
  return tonumber(string.match(key, '^(%d+)[ns]') or string.match(key, '^%d+:(%d+)[ns]') or 0)
end

local function successorOf(key) return '+' .. key end
-- The key of a field that may be a successor's.
local function keyOf(field) return (string.gsub(field, '^%+', '')) end
