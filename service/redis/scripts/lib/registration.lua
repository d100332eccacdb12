-- registration.lua: the head of a stored registration (version 4). Scripts read nothing else of it. `redis/endpoint_codec.cpp` writes it.
--   byte version | u32 subscribed bits | byte enabled: 1 yes, 0 no | byte delivery: 0 debounced, 1 every, 2 sync, 3 every event, into a mailbox
--   | byte order: 0 item, 1 endpoint, 2 none | byte onFailure: 0 skip, 1 stop | u16 attempts per second (0: any)
--   | u16+filter (lib/facts.lua; empty: none); of a mailbox instead u16+mailbox: u16+owner, what it takes (lib/subscription.lua)
--   | JSON   (big-endian)
--@include lib/subscription.lua

-- Returns the bits of the change types it subscribes to, whether it is enabled, `lanes` and `stop` of its state (lib/endpoint.lua), its rate,
-- its filter or nil, whether it is called within requests, and of a mailbox that part; only nil when the registration cannot be read.
local function readRegistration(blob)
  local mask, enabled, delivery, order, stop, rate, length =
    string.match(blob, '^\4(....)([%z\1])([%z\1\2\3])([%z\1\2])([%z\1])(..)(..)')
  if not length then return nil end
  local json = 14 + struct.unpack('>H', length)
  if not string.find(blob, '^{.*}$', json) then return nil end
  local isMailbox, part = delivery == '\3', json > 14 and string.sub(blob, 14, json - 1) or nil
  local lanes = (isMailbox or delivery == '\1') and 1 + string.byte(order) or 0
  return struct.unpack('>I4', mask), enabled == '\1', lanes, string.byte(stop), struct.unpack('>H', rate),
    not isMailbox and part or nil, delivery == '\2', isMailbox and part or nil
end

-- Returns owner and subscriptions of the part that a mailbox has; nil when it cannot be read.
local function readMailboxPart(part)
  if #part < 2 or #part < 2 + struct.unpack('>H', part) then return nil end
  local owner = struct.unpack('>Hc0', part)
  local subs = subscriptions().read(string.sub(part, 3 + #owner))
  if subs then return owner, subs end
end

-- Returns the registration of a mailbox, which can be read, with this owner and these subscriptions.
local function withSubscriptions(blob, owner, subs)
  local part = struct.pack('>Hc0', #owner, owner) .. subs.packed
  local json = string.sub(blob, 14 + struct.unpack('>H', blob, 12))
  return struct.pack('>BI4c6Hc0', 4, subscriptions().mask(subs), string.sub(blob, 6, 11), #part, part) .. json
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
