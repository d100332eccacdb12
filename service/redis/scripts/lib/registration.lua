-- registration.lua: the head of a stored registration (version 4). Scripts read nothing else of it. `redis/endpoint_codec.cpp` writes it.
--   byte version | u32 subscribed bits | byte enabled: 1 yes, 0 no | byte delivery: 0 debounced, 1 every, 2 sync
--   | byte order: 0 item, 1 endpoint, 2 none | byte onFailure: 0 skip, 1 stop | u16 attempts per second (0: any)
--   | u16+filter (lib/facts.lua; empty: none)
--   | JSON   (big-endian)

-- Returns the bits of the change types it subscribes to, whether it is enabled, `lanes` and `stop` of its state (lib/endpoint.lua), its rate,
-- its filter or nil, and whether it is called within requests; only nil when the registration cannot be read.
local function readRegistration(blob)
  local mask, enabled, delivery, order, stop, rate, length =
    string.match(blob, '^\4(....)([%z\1])([%z\1\2])([%z\1\2])([%z\1])(..)(..)')
  if not length then return nil end
  local json = 14 + struct.unpack('>H', length)
  if not string.find(blob, '^{.*}$', json) then return nil end
  local lanes = delivery == '\1' and 1 + string.byte(order) or 0
  return struct.unpack('>I4', mask), enabled == '\1', lanes, string.byte(stop), struct.unpack('>H', rate),
    json > 14 and string.sub(blob, 14, json - 1) or nil,
    delivery == '\2'
end

-- Stores the filter in the state of the endpoint, for the scripts that fan out. From now on windows of its change types say what filters
-- are judged by (`filtered` of the meta hash, admit.lua). No bit of that is ever removed: it costs a microsecond for each event.
local function keepFilter(state, filter, mask)
  if not filter then return redis.call('HDEL', state, 'filter') end
  redis.call('HSET', state, 'filter', filter)
  local before = redis.call('HGET', KEYS[1], 'filtered')
  redis.call('HSET', KEYS[1], 'filtered', text(bit.bor(before and isWhole(before) and tonumber(before) or 0, mask)))
end

-- Stores in the state what a registration says beside its mask and its lanes. An endpoint that changes its rate keeps what it has begun.
local function keepChoices(state, blob, mask)
  local _, _, _, _, rate, filter = readRegistration(blob)
  keepFilter(state, filter, mask)
  if not rate or rate == 0 then return redis.call('HDEL', state, 'pace') end
  local begun = string.match(redis.call('HGET', state, 'pace') or '', ' %d+$') or ' 0'
  redis.call('HSET', state, 'pace', text(rate) .. begun)
end
