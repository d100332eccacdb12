-- registration.lua: the head of a stored registration (version 3). Scripts read nothing else of it. `redis/endpoint_codec.cpp` writes it.
--   byte version | u32 subscribed bits | byte enabled: 1 yes, 0 no | byte delivery: 0 debounced, 1 every, 2 sync
--   | byte order: 0 item, 1 endpoint, 2 none | byte onFailure: 0 skip, 1 stop | JSON   (big-endian)

-- Returns the bits of the change types it subscribes to, whether it is enabled, `lanes` and `stop` of its state (lib/endpoint.lua), and whether
-- it is called within requests; nil when the registration cannot be read.
local function readRegistration(blob)
  local mask, enabled, delivery, order, stop, open, close = string.match(blob, '^\3(....)([%z\1])([%z\1\2])([%z\1\2])([%z\1])({).*(})$')
  if not (open and close) then return nil end
  local lanes = delivery == '\1' and 1 + string.byte(order) or 0
  return struct.unpack('>I4', mask), enabled == '\1', lanes, string.byte(stop), delivery == '\2'
end
