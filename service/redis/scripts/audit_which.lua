-- audit_which.lua: which of these endpoints audit.lua and audit_letters.lua have to look at. Most have nothing that waits and no dead letter, and
-- one call for all of them sees that for less than two calls for each.
-- KEYS  1 meta (hash)  2 wake-up index (zset)  3 dead letters of all endpoints (zset)  4 groups of dead letters (zset)
--       of mailboxes 5 when clients called last (zset)  6 when locks run out (zset)
--       then of each endpoint: state s (hash), queue q, messages m, leases l; of its lanes b, h, x; its letters d and their order z
-- ARGV  the ids of these endpoints
-- Reply per endpoint: 0 when neither would find anything, 1 for audit.lua, 2 for audit_letters.lua, 3 for both. What cannot be read is theirs to
-- find. O(endpoints). Reads only.
--@include lib/types.lua
--@include lib/endpoint.lua
local FIRST, EACH_HAS = 7, 9
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset', KEYS[4], 'zset', KEYS[5], 'zset', KEYS[6], 'zset'})
if wrong then return wrong end
if #ARGV == 0 or #KEYS ~= FIRST - 1 + EACH_HAS * #ARGV then return redis.error_reply('LULLARG audit_which') end
local lettersAnywhere = redis.call('EXISTS', KEYS[3], KEYS[4]) > 0

-- Whether audit.lua would find everything in order in a queue of which there is no key: its endpoint's state can be read, counts no bytes, is no
-- mailbox's (which is in indexes of its own), and nothing is to wake it.
local function isQuiet(key, id)
  local done, state = pcall(readState, key)
  if not done or not state or state.damaged or state.mailbox == 1 or (state.bytes or 0) ~= 0 then return false end
  return not redis.call('ZSCORE', KEYS[2], id)
end

local reply = {}
for i, id in ipairs(ARGV) do
  local at = FIRST + (i - 1) * EACH_HAS
  local queued = redis.call('EXISTS', unpack(KEYS, at + 1, at + 6)) > 0
  local letters = lettersAnywhere or redis.call('EXISTS', KEYS[at + 7], KEYS[at + 8]) > 0
  reply[i] = ((queued or not isQuiet(KEYS[at], id)) and 1 or 0) + (letters and 2 or 0)
end
return reply
