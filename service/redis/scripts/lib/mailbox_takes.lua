-- mailbox_takes.lua: changes what a mailbox takes. Includes lib/mailbox.lua and lib/registration.lua before.
--@include lib/walk.lua

local function isSubscription(one, changeType, scope) return one.bit == changeType and one.scope == scope end

-- Returns where a subscription stands in the list, or would stand.
local function placeOfSubscription(subs, changeType, scope)
  for i, one in ipairs(subs) do
    if one.bit > changeType or (one.bit == changeType and not bytesBefore(one.scope, scope)) then return i end
  end
  return #subs + 1
end

-- Stores the packed subscriptions of the mailbox `e` in its state and in its registration `blob`. Callers that fan out have to know its bits, so
-- the revision of the registry grows with them.
local function keepSubscriptions(e, blob, packed)
  local subs = subscriptions().read(packed)
  local mask = subscriptions().mask(subs)
  redis.call('HSET', e.s, 'subs', packed, 'mask', text(mask))
  if blob and readRegistration(blob) then redis.call('HSET', KEYS[2], e.id, withSubscriptions(blob, e.state.owner, subs)) end
  if mask ~= e.state.mask then
    redis.call('HINCRBY', e.s, 'version', 1)
    redis.call('HINCRBY', KEYS[1], 'rev', 1)
  end
  e.state.subs, e.state.mask = subs, mask
end
