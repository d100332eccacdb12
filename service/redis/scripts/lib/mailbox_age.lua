-- mailbox_age.lua: when the event of a mailbox's oldest message was admitted. For scripts that only read (lib/reading.lua).
--@include lib/walk.lua

-- So many locked messages are looked at: those whose locks run out first. Whoever locks more sees the age of the oldest of these.
local LOCKED_LOOKED_AT = 100

-- `first` is the key of the first message that is not locked, nil when there is none. Returns nil when there is no message.
local function oldestMailOf(messages, first, locks)
  for _, key in ipairs(ask('zset', 'ZRANGE', locks, 0, LOCKED_LOOKED_AT - 1) or {}) do
    if misread then return nil end
    if not first or bytesBefore(key, first) then first = key end
  end
  local packed = first and ask('hash', 'HGET', messages, first)
  if misread or not packed or not isMessage(packed) then return nil end
  return readMessage(packed).windowDue
end
