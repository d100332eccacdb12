-- mailbox.lua: what the scripts of mailboxes share. A mailbox is an endpoint whose state has `mailbox` = 1, with lanes EACH (lib/lane.lua). Its
-- client comes for the messages: nothing is claimed, so it is never in the wake-up index. A lock is a lease that no process holds (slot 0 of
-- lib/lease.lua), so no take-over frees it. It ends when it runs out, when the message is confirmed, or when an operator says so.
--   l         key → when the lock runs out; the others wait in q, in the order in which they came, which a lock does not change
--   attempts  of a message: how often it was locked
--   state     besides the fields of lib/endpoint.lua: owner, subs (lib/subscription.lua), named (digest of owner and name: the field of its name
--             in the hash `mailnames`)
--   mailboxes zset id → when its client called last      unlock  zset id → when the first of its locks runs out, or earlier

-- Reads the state of the mailbox `e`, which has its id and the key s. `whose` is "" for everybody's, else "=" and the owner. Returns whether
-- there is such a mailbox; nil and a reply that refuses the call when its state cannot be read.
local function readMailbox(e, whose)
  e.state = readState(e.s)
  if not e.state then return false end
  if e.state.damaged then return nil, damaged('state', e.id, {}) end
  return e.state.mailbox == 1 and (whose == '' or whose == '=' .. e.state.owner)
end

-- The caller's time, or that which another process got from the clock since (clock.lua). A process that has just started is behind by as
-- long as its first look took, and its locks would be shorter by that. What is a minute ahead is damage.
local function latestOf(now)
  local last = redis.call('HGET', KEYS[1], 'clockLast')
  last = last and isWhole(last) and tonumber(last) or now
  return last < now + 60000 and math.max(now, last) or now
end

-- Notes that the client has called, unless that was noted less than `step` ms ago. A time that is far ahead is damage.
local function noteCall(calls, id, now, step)
  local last = redis.call('ZSCORE', calls, id)
  if last and now < timeOf(last) + step and timeOf(last) < now + 60000 then return end
  redis.call('HDEL', KEYS[1], '')
  redis.call('ZADD', calls, text(now), id)
end

-- Deletes a message, waiting or locked, and its place. It has no history, because nothing was attempted.
local function dropMail(e, key, packed)
  redis.call('ZREM', e.q, key)
  redis.call('ZREM', e.l, key)
  redis.call('HDEL', e.m, key)
  weigh(e, -weightOf(key, packed))
end

-- Lets a locked message wait again, in its old place. `counted`: whether the lock counts among those that it had.
local function unlockMail(e, key, packed, counted)
  local flags, attempts = bit.band(string.byte(packed, 2), bit.bnot(LEASED)), struct.unpack('>H', packed, 23)
  if not counted then attempts = math.max(attempts - 1, 0) end
  redis.call('ZREM', e.l, key)
  redis.call('ZADD', e.q, text(readMessage(packed).due), key)
  redis.call('HSET', e.m, key, struct.pack('>c1Bc20Hc0', packed, flags, string.sub(packed, 3, 22), attempts, string.sub(packed, 25)))
end
