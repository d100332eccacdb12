-- restore_state.lua: repairs an endpoint's delivery state. Fields that cannot be read are set aside, and missing ones are taken from the
-- registration. When the registration cannot be read either, the endpoint is paused and subscribes to nothing; its queue is kept.
-- KEYS  1 meta (hash)  2 counters (hash)  3 what was set aside (hash)  4 registrations (hash)  5 wake-up index (zset)
--       6 queue q (zset)  7 leases l (zset)  8 state s (hash)
--       of its lanes 9 x (zset)
-- ARGV  1 endpoint id  2 now ms
-- Reply: 1 when it was repaired, 0 when nothing was wrong, -1 when there is no such endpoint. O(log queue).
-- Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/aside.lua
--@include lib/endpoint.lua
--@include lib/registration.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'zset', KEYS[7],
  'zset', KEYS[8], 'hash', KEYS[9], 'zset'})
if wrong then return wrong end
local id, now = ARGV[1], tonumber(ARGV[2])
if not now or #ARGV ~= 2 then return redis.error_reply('LULLARG restore_state') end
local blob = redis.call('HGET', KEYS[4], id)
if not blob then return -1 end
local before = readState(KEYS[8])
local mask, enabled, lanes, stop, _, _, sync, part = readRegistration(blob)
local owner, subs
if part then owner, subs = readMailboxPart(part) end
local isSync = redis.call('HGET', KEYS[8], 'sync') == '1'
local unlike = before and lanes and ((before.lanes or 0) ~= lanes or (before.stop or 0) ~= stop or isSync ~= sync
  or (before.mailbox == 1) ~= (part ~= nil))
if before and not before.damaged and not unlike and redis.call('HEXISTS', KEYS[8], 'version') == 1 then return 0 end

redis.call('HDEL', KEYS[1], '')
local function drop(name, value)
  redis.call('HDEL', KEYS[8], name)
  setAside(KEYS[2], KEYS[3], 'state|' .. id .. '|' .. name, value)
end
for _, names in ipairs({STATE, LANES_STATE}) do
  for _, name in ipairs(names) do
    local value = redis.call('HGET', KEYS[8], name)
    if value and name ~= 'paused' and name ~= 'filter' and name ~= 'pace' and not isWhole(value) then drop(name, value) end
  end
end
-- What a mailbox takes is in its registration, too. When it cannot be read there either, the mailbox takes nothing until its client subscribes.
local function restoreMailbox()
  local kept = redis.call('HGET', KEYS[8], 'subs')
  if kept and not subscriptions().read(kept) then drop('subs', kept) end
  if redis.call('HEXISTS', KEYS[8], 'subs') == 0 then
    redis.call('HSET', KEYS[8], 'subs', subs and subs.packed or '\1', 'mask', text(subs and subscriptions().mask(subs) or 0))
  end
  redis.call('HSET', KEYS[8], 'mailbox', '1')
  redis.call('HSETNX', KEYS[8], 'owner', owner or '')
end
if redis.call('HEXISTS', KEYS[8], 'mask') == 0 then
  if not before then setAside(KEYS[2], KEYS[3], 'state|' .. id, '') end
  redis.call('HSET', KEYS[8], 'mask', text(mask or 0))
  if not enabled then redis.call('HSET', KEYS[8], 'paused', 'operator', 'pausedSince', text(now)) end
end
if part then restoreMailbox() elseif lanes then redis.call('HDEL', KEYS[8], 'mailbox', 'owner', 'subs', 'named') end
if mask then keepChoices(KEYS[8], blob, mask) end
-- Without `since` it takes what is in the stream now: an event too many is better than one too few.
if lanes and (unlike or not before) then
  redis.call('HSET', KEYS[8], 'lanes', text(lanes), 'stop', text(stop))
  redis.call('HDEL', KEYS[1], 'every')
  if sync then redis.call('HSET', KEYS[8], 'sync', '1', 'toldTo', '0') elseif isSync then redis.call('HDEL', KEYS[8], 'sync') end
end
if redis.call('HEXISTS', KEYS[8], 'paused') == 1 then redis.call('HSETNX', KEYS[8], 'pausedSince', text(now)) end
-- The endpoint gets a new version, so an edit that is based on what was read before is refused.
local revision = redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('HSET', KEYS[8], 'version', text(revision))
scheduleEndpoint(KEYS[5], {id = id, q = KEYS[6], l = KEYS[7], x = KEYS[9]}, readState(KEYS[8]), now, false)
return 1
