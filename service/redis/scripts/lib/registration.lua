-- registration.lua: the head of a stored registration (version 3). Scripts read nothing else of it. `redis/endpoint_codec.cpp` writes it.
--   byte version | u32 subscribed bits | byte enabled: 1 yes, 0 no | byte delivery: 0 debounced, 1 every, 2 sync
--   | byte order: 0 item, 1 endpoint, 2 none | byte onFailure: 0 skip, 1 stop | JSON   (big-endian)

-- Returns the bits of the change types it subscribes to, and whether it is enabled; nil when the registration cannot be read.
local function readRegistration(blob)
  local mask, enabled, open, close = string.match(blob, '^\3(....)([%z\1])[%z\1\2][%z\1\2][%z\1]({).*(})$')
  if not (open and close) then return nil end
  return struct.unpack('>I4', mask), enabled == '\1'
end
