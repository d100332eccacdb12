-- endpoint_replace.lua: replaces a registration, which may pause or resume the endpoint.
-- KEYS  1 meta (hash)  2 registrations (hash)  3 wake-up index (zset)  4 state s (hash)  5 queue q (zset)  6 leases l (zset)
--       7 messages m (hash)  8 order of its letters z (zset)  9 stream (list)  of its lanes 10 b (zset)  11 h (hash)  12 x (zset)
--       13 notices about mailboxes (zset)  14 whose the queues of brokers are (hash digest → id)
-- ARGV  1 id  2 blob  3 mask  4 enabled: 0 no, 1 yes, 2 yes and try again at once, 3 no, says an operator  5 now ms  6 version it must have
--       7 lanes: 0 debounced, 1 item, 2 endpoint, 3 none (lib/lane.lua), 4 sync  8 stop 0|1
--       9 digest of the broker's queue that is to be its own, "" for none
-- Reply {the new version}; {-1} when the version differs, {-2} when there is no such endpoint, {-3, messages, letters} when its lanes would
-- change although it holds some, {-4} when it would have none although the stream still holds events (a moment later it does not);
-- {-5} when the queue is that of another endpoint.
-- When a paused endpoint is enabled, or argument 4 is 2, pause, breaker and park end, and the messages that an open breaker held back are
-- made due. The time it was paused is added up, because MaxAge does not count it. Disabling an endpoint that is paused already keeps the
-- reason it has; but one that is blocked becomes paused by its operator with 3, because queue_retry.lua would resume it.
-- When its lanes change, purged messages that are still leased hold up nothing any more. One lane has no breaker, so an open one ends.
-- Of a mailbox it replaces nothing that its client decides: change types, subscriptions and owner stay as they are. When it is resumed, clients that
-- wait are told.
-- O(log queue). Refused at maxmemory before anything is written (its first write is a HINCRBY).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/resume.lua
--@include lib/takers.lua
--@include lib/registration.lua
--@include lib/mail_notice.lua
--@include lib/queue_owner.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'zset',
  KEYS[7], 'hash', KEYS[8], 'zset', KEYS[9], 'list', KEYS[10], 'zset', KEYS[11], 'hash', KEYS[12], 'zset',
  KEYS[13], 'zset', KEYS[14], 'hash'})
if wrong then return wrong end
local now, mask = tonumber(ARGV[5]), tonumber(ARGV[3])
if not (now and mask) or #ARGV ~= 9 or not string.match(ARGV[7] .. ARGV[8], '^[0-4][01]$') then
  return redis.error_reply('LULLARG endpoint_replace')
end
local e = {id = ARGV[1], s = KEYS[4], q = KEYS[5], l = KEYS[6], m = KEYS[7], b = KEYS[10], h = KEYS[11], x = KEYS[12],
  state = readState(KEYS[4])}
local state, sync = e.state, ARGV[7] == '4'
local lanes = sync and 0 or tonumber(ARGV[7])
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return {-2} end
if not state or state.damaged then return damaged('state', ARGV[1], {}) end
local blob = ARGV[2]
if state.mailbox == 1 then mask, blob = state.mask, withSubscriptions(blob, state.owner, state.subs) end
-- What is stored decides how the endpoint is told; a state that says otherwise is damaged.
local wasSync = redis.call('HGET', KEYS[4], 'sync') == '1'
local _, _, registered, _, _, _, isRegisteredSync = readRegistration(redis.call('HGET', KEYS[2], ARGV[1]))
if registered and (registered ~= state.lanes or isRegisteredSync ~= wasSync) then return damaged('state', ARGV[1], {}) end
local version = redis.call('HGET', KEYS[4], 'version')
if version ~= ARGV[6] then return {-1} end
local turns = lanes ~= state.lanes or sync ~= wasSync
if turns then
  local messages, letters = redis.call('HLEN', KEYS[7]), redis.call('ZCARD', KEYS[8])
  if messages + letters > 0 then return {-3, messages, letters} end
  if lanes == 0 and state.lanes > 0 and redis.call('LLEN', KEYS[9]) > 0 then return {-4} end
end
if isOthers(KEYS[14], KEYS[2], ARGV[9], ARGV[1]) then return {-5} end
redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('HSET', KEYS[2], ARGV[1], blob)
ownQueue(KEYS[14], KEYS[4], ARGV[9], ARGV[1])
redis.call('HSET', KEYS[4], 'mask', text(mask))
keepChoices(KEYS[4], blob, mask)

-- A debounced endpoint that is told in another way from now on still gets the windows that hold earlier events (`turned`, see fire.lua).
local function turn()
  local sequence = redis.call('HGET', KEYS[1], 'seq') or '0'
  if state.lanes == 0 and not wasSync then
    redis.call('HSET', KEYS[4], 'turned', text(now), 'toldFrom', sequence)
    redis.call('HDEL', KEYS[4], 'sync')
  end
  if sync then
    redis.call('HSET', KEYS[4], 'sync', '1', 'toldTo', '0')
  elseif wasSync then
    redis.call('HSET', KEYS[4], 'sync', '0')
  end
  if lanes > 0 then
    redis.call('HDEL', KEYS[4], 'toldTo')
  elseif not sync then
    redis.call('HSET', KEYS[4], 'toldTo', sequence)
    redis.call('HDEL', KEYS[4], 'turned')
  end
end
if turns then turn() end

local function changeLanes()
  local before = state.lanes == 0 and 0 or state.mask
  local fresh = lanes == 0 and 0 or bit.band(mask, bit.bnot(before))
  if lanes ~= state.lanes then
    -- There is no message, so what is left are tombstones. The new lanes do not wait for them, and would never end them.
    redis.call('UNLINK', KEYS[6], KEYS[10], KEYS[11], KEYS[12])
    if lanes == ENDPOINT then
      redis.call('HDEL', KEYS[4], 'openUntil', 'openStep', 'fails')
      state.openUntil = 0
    end
  end
  for place = 0, 30 do
    if bit.band(before, 2 ^ place) ~= 0 and (lanes == 0 or bit.band(mask, 2 ^ place) == 0) then
      redis.call('HDEL', KEYS[4], 'since:' .. text(2 ^ place))
    end
  end
  if lanes == 0 then
    redis.call('HDEL', KEYS[4], 'lanes', 'stop', 'attemptedAt', 'bytes', 'full', 'draining')
  else
    redis.call('HSET', KEYS[4], 'lanes', ARGV[7], 'stop', ARGV[8])
  end
  if fresh ~= 0 then takeEvery(KEYS[4], fresh) end
end
if lanes > 0 or state.lanes > 0 then changeLanes() end
state.mask, state.lanes = mask, lanes

if ARGV[4] == '0' or ARGV[4] == '3' then
  if not state.paused then redis.call('HSET', KEYS[4], 'paused', 'operator', 'pausedSince', text(now)) end
  if state.paused == 'blocked' and ARGV[4] == '3' then redis.call('HSET', KEYS[4], 'paused', 'operator') end
  state.paused = state.paused or 'operator'
elseif state.paused or ARGV[4] == '2' then
  if state.openUntil > 0 then
    local latest = redis.call('ZREVRANGE', KEYS[5], 0, 0, 'WITHSCORES')
    if latest[2] and tonumber(latest[2]) > now then
      state.sweep = tonumber(latest[2])
      redis.call('HSET', KEYS[4], 'sweep', text(state.sweep), 'sweepFrom', '0')
    end
  end
  if state.mailbox == 1 then tellMail(KEYS[13], e.id, now) end
  resume(e, now)
  tryAgain(KEYS[4], state)
end
scheduleEndpoint(KEYS[3], e, state, now, false)
return {redis.call('HINCRBY', KEYS[4], 'version', 1)}
