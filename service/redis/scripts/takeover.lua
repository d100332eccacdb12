-- takeover.lua: frees the leases of a process that gives no sign of life (lib/sign.lua). They count as expired from then on, so the next
-- claim takes their messages over.
-- KEYS  1 meta (hash)  2 signs of life (zset)  3 wake-up index (zset)  then per endpoint: leases l (zset), state s (hash)
-- ARGV  1 the fleet's time, ms  2 whose leases: a member of KEYS[2]; "" for all but the caller's own  3 the caller's own member
--       4 1: the last call, which removes the member, else 0  then the ids of the endpoints
-- Reply {how many leases were freed; the member to name in the next call; of how many endpoints, from the first on}, the first -1 when
-- nothing was done: the process gives its sign again, was taken over by another one, or nobody may take leases over now (clock.lua).
-- The first call gives the member another name, so the process, should it live, has lost its slot. It keeps its tokens: until the next
-- claim a late settlement still counts, as after an expiry. A caller may name itself, to remove its member when it ends; and "" when it
-- alone uses the store, so that no other process can live. A call stops at an endpoint boundary after about 2,000 leases.
-- O(leases). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/endpoint.lua
--@include lib/lease.lua
--@include lib/sign.lua
local MOST_LEASES = 2000
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'zset'})
if wrong then return wrong end
local now, member, own = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local endpoints = #ARGV - 4
if not (now and own and string.match(ARGV[4] or '', '^[01]$')) or #KEYS ~= 3 + 2 * endpoints then
  return redis.error_reply('LULLARG takeover')
end
for k = 4, #KEYS, 2 do
  wrong = wrongType({KEYS[k], 'zset', KEYS[k + 1], 'hash'})
  if wrong then return wrong end
end
local everyOther = member == ''
if not everyOther and member ~= own then
  local sign, held = redis.call('ZSCORE', KEYS[2], member), redis.call('HGET', KEYS[1], 'signHeld')
  -- The caller may have stood still since it read the time, so whatever lies ahead of that counts as valid.
  if not sign or tonumber(sign) > now or (held and isWhole(held) and tonumber(held) > now) then return {-1, member, 0} end
end

redis.call('HDEL', KEYS[1], '')
local slot = slotOfSign(member) or 0
if slot > 0 and member ~= own then
  redis.call('ZREM', KEYS[2], member)
  member = text(slot) .. ':'
  redis.call('ZADD', KEYS[2], 0, member)
end
local ownSlot, freed, seen, done = slotOfSign(own), 0, 0, 0
while done < endpoints and seen < MOST_LEASES do
  local l, s = KEYS[2 * done + 4], KEYS[2 * done + 5]
  done = done + 1
  local leases, taken = redis.call('ZRANGE', l, 0, -1, 'WITHSCORES'), {}
  seen = seen + #leases / 2
  -- The locks of a mailbox are leases that no process holds.
  local isMailbox = everyOther and #leases > 0 and redis.call('HEXISTS', s, 'mailbox') == 1
  for i = 1, isMailbox and 0 or #leases, 2 do
    local holder = slotOf(leases[i + 1])
    local isTaken = everyOther and holder ~= ownSlot or (not everyOther and slot > 0 and holder == slot)
    if isTaken and tonumber(leases[i + 1]) > 0 then taken[#taken + 1], taken[#taken + 2] = 0, leases[i] end
  end
  callAll('ZADD', l, taken)
  freed = freed + #taken / 2
  local state = #taken > 0 and readState(s)
  if state and not state.paused then redis.call('ZADD', KEYS[3], 0, ARGV[4 + done]) end
end
if ARGV[4] == '1' and done == endpoints then
  local left = everyOther and redis.call('ZRANGE', KEYS[2], 0, -1) or {member}
  for _, name in ipairs(left) do
    if not (everyOther and name == own) then redis.call('ZREM', KEYS[2], name) end
  end
end
return {freed, member, done}
