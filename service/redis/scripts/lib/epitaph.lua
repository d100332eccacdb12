-- epitaph.lua: status and error of a letter whose message was buried without another attempt.

-- Status and error of the last attempt in a message's history (each u16+packed attempt, redis/message_codec.cpp); 0 and "" without one.
local function lastAttempt(history)
  local at, last = 1, nil
  while at < #history do
    last = at + 2
    at = last + struct.unpack('>H', history, at)
  end
  if not last then return 0, '' end
  local readable, _, _, _, _, _, _, status, _, message = pcall(struct.unpack, '>BI8Hc0Hc0HBHI4Hc0', history, last)
  if not readable then return 0, '' end
  if status > 0 and message == '' then message = 'The receiver answered ' .. status .. '.' end
  return status, message
end

-- What a letter says of a message that is buried without another attempt.
local POISONED = 3
local function epitaph(reason, history)
  if reason == POISONED then return 0, 'The process that sent it ended, three times in a row.' end
  local status, message = lastAttempt(history)
  if status == 0 and message == '' then message = 'It was not attempted before Delivery:MaxAge had passed.' end
  return status, message
end
