-- claim.lua: leases messages that may be sent now, and takes over messages whose leases have expired, or were freed (takeover.lua).
-- KEYS  1 meta (hash)  2 counters (hash)  3 wake-up index (zset)
--       then per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), history t (hash),
--       of its lanes b (zset), h (hash), x (zset)
-- ARGV  1 now ms  2 most claims of this call  3 MaxAge ms  4 after a probe, the least time until the next one, ms
--       5 first retry delay ms  6 most endpoints to name as ready  7 slot of the process (lib/lease.lua)
--       then per endpoint: id, limit of leased messages, most of this call, lease ms
-- Reply {registry revision, next wake-up ms (-1: none), taken over, number of claims, then per claim: place of its endpoint in the
--        call (from 1), key, packed message, flags (1 probe, 2 expired by MaxAge, 4 poisoned); then the ids of ready endpoints, and,
--        for each endpoint of which no message was claimed because a value cannot be read, a list of what is damaged (lib/types.lua)}
-- A claim counts the attempt and gives the message a new token. When the lease of a message has expired, this script merges the successor
-- into the message and claims it again. While the breaker of an endpoint is open, one message is claimed to be sent: the oldest due one.
-- After a park, at most `ramp` messages are in flight. An endpoint with a `pace` gets what that allows. A message that is older than MaxAge or
-- poisoned is claimed as well, beyond these limits: the dispatcher does not send it but buries it. After the breaker has closed, each call makes the next 100 waiting messages of the
-- endpoint due, in their order (`sweep`).
-- An endpoint whose messages stand in one lane has at most one of them leased: the first that was set aside and is due, else the head.
-- A message is poisoned when it lost several leases in a row (lib/poison.lua), the last one while its process did nothing else.
-- O(endpoints + claims · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/claiming.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset'})
if wrong then return wrong end
local now, most, maxAge, firstRetry = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local probeStep, mostReady = tonumber(ARGV[4]), tonumber(ARGV[6])
local slot, endpoints = slotIn(ARGV[7]), (#ARGV - 7) / PER_CLAIMED
if not (now and most and maxAge and probeStep and firstRetry and mostReady and slot) or endpoints ~= (#KEYS - 3) / 8 then
  return redis.error_reply('LULLARG claim')
end
local named = {}
for i = 1, endpoints do
  local k, a = 8 * i - 5, PER_CLAIMED * i + 3
  local e = {place = i, q = KEYS[k + 1], m = KEYS[k + 2], l = KEYS[k + 3], s = KEYS[k + 4], t = KEYS[k + 5], b = KEYS[k + 6],
    h = KEYS[k + 7], x = KEYS[k + 8], id = ARGV[a + 1], limit = tonumber(ARGV[a + 2]), most = tonumber(ARGV[a + 3]), lease = tonumber(ARGV[a + 4])}
  if not (e.limit and e.most and e.lease) then return redis.error_reply('LULLARG claim limits') end
  wrong = wrongType({e.q, 'zset', e.m, 'hash', e.l, 'zset', e.s, 'hash', e.t, 'hash'})
  if wrong then return wrong end
  e.state = readState(e.s)
  wrong = wrongLanes(e.state, e.b, e.h, e.x)
  if wrong then return wrong end
  named[i] = e
end

local reply = {0, -1, 0, 0}
local c = claimingOf(now, most, maxAge, probeStep, firstRetry, slot, reply)
redis.call('HDEL', KEYS[1], '')
for _, e in ipairs(named) do visit(c, e) end
bump(KEYS[2], 'superseded', c.superseded)
bump(KEYS[2], 'cancelled', c.cancelled)
reply[1] = tonumber(metaFound.rev)
reply[3], reply[4] = c.takenOver, c.claims
reply[2] = tellNext(c, mostReady)
return reply
