-- endpoint_create.lua: stores a new registration, or returns the one that an earlier call with the same Idempotency-Key stored.
-- KEYS  1 meta (hash)  2 registrations (hash id → blob)  3 state s (hash)  4 what idempotency keys created (hash)
--       5 until when they are remembered (zset)  6 whose the queues of brokers are (hash digest → id)
-- ARGV  1 id  2 blob  3 mask  4 enabled 0|1  5 now ms  6 fingerprint of the body, "" without idempotency  7 keep for ms  8 idempotency key
--       9 most endpoints  10 lanes: 0 debounced, 1 item, 2 endpoint, 3 none (lib/lane.lua), 4 sync  11 stop 0|1
--       12 digest of the broker's queue that is to be its own, "" for none
-- Reply {1} when stored; {0, fingerprint, id and blob} of what an earlier call stored; {2} when there are as many endpoints as there may
-- be; {3} when the queue is that of another endpoint. O(1). Refused at maxmemory before anything is written (its first write is a HINCRBY).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/ids.lua
--@include lib/takers.lua
--@include lib/registration.lua
--@include lib/queue_owner.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'hash', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'hash'})
if wrong then return wrong end
if not (tonumber(ARGV[3]) and tonumber(ARGV[5]) and tonumber(ARGV[7]) and tonumber(ARGV[9])) or #ARGV ~= 12
  or not string.match(ARGV[10] .. ARGV[11], '^[0-4][01]$') then
  return redis.error_reply('LULLARG endpoint_create')
end
if ARGV[6] ~= '' then
  local kept = knownIds(KEYS[4], KEYS[5], {ARGV[8]}, tonumber(ARGV[5]))[ARGV[8]]
  if kept then return {0, string.sub(kept, 1, #ARGV[6]), string.sub(kept, #ARGV[6] + 1)} end
end
if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[9]) then return {2} end
if isOthers(KEYS[6], KEYS[2], ARGV[12], ARGV[1]) then return {3} end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return redis.error_reply('LULLEXISTS endpoint') end
redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[3], 'mask', ARGV[3], 'version', 1)
keepChoices(KEYS[3], ARGV[2], tonumber(ARGV[3]))
ownQueue(KEYS[6], KEYS[3], ARGV[12], ARGV[1])
if ARGV[10] == '4' then
  redis.call('HSET', KEYS[3], 'sync', '1', 'toldTo', '0')
elseif ARGV[10] ~= '0' then
  redis.call('HSET', KEYS[3], 'lanes', ARGV[10], 'stop', ARGV[11])
  takeEvery(KEYS[3], tonumber(ARGV[3]))
end
if ARGV[4] == '0' then redis.call('HSET', KEYS[3], 'paused', 'operator', 'pausedSince', ARGV[5]) end
if ARGV[6] ~= '' then
  rememberIds(KEYS[4], KEYS[5], {ARGV[8], ARGV[6] .. ARGV[1] .. ARGV[2]}, tonumber(ARGV[5]) + tonumber(ARGV[7]))
end
forgetIds(KEYS[4], KEYS[5], tonumber(ARGV[5]), 100)
return {1}
