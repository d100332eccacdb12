-- epitaph.lua: status, class of failure and error of a dead letter whose message was buried without another attempt.
--@include lib/poison.lua

-- Returns the number that the receiver answered to the last attempt in a message's history, the class of its failure, and its error; 0, 0
-- and "" when there was none. A history is u16+packed attempt (version 6, redis/attempt_codec.hpp) for each, oldest first.
local function lastAttempt(history)
  local at, last = 1, nil
  while at < #history do
    last = at + 2
    at = last + struct.unpack('>H', history, at)
  end
  if not last then return 0, 0, '' end
  local readable, version, _, _, _, _, _, code, class, _, message = pcall(struct.unpack, '>BI8Hc0HBBHBI4Hc0', history, last)
  if not readable or version ~= 6 then return 0, 0, '' end
  return code, class <= 8 and class or 0, message
end

-- Returns status, class and error of the letter.
local REASON_POISONED = 3
local function epitaph(reason, history)
  if reason == REASON_POISONED then return 0, 0, 'T' .. string.sub(POISON_SENTENCE, 2) .. '.' end
  local code, class, message = lastAttempt(history)
  if code == 0 and message == '' then message = 'It was not attempted before Delivery:MaxAge had passed.' end
  return code, class, message
end
