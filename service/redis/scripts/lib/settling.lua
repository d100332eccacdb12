-- settling.lua: the endpoints of a call of settle.lua and their messages. They are read together, changed in Lua tables, and written
-- together. What an endpoint `e` holds besides its keys and its state:
--   asked      the fields of the hash m to read
--   stored     field → its packed message as it is now, false when there is none
--   changed    the fields of `stored` to write
--   waiting    key → its new due time in the queue, false when it leaves the queue
--   fields     field → new value, of the state hash
--   log        attempts to add to the log of the endpoint
--   ended      keys whose leases end
--   forgotten  keys whose history of attempts is deleted; nil when no message has one
--   aside      key → its new due time among the messages that were set aside
--   left       keys that have left their lanes (lib/lane.lua)
--   lighter    how many bytes its messages hold less
-- `rules` holds for the whole call: now, firstRetry, mostLetters, counters, notices, and what lib/breaker.lua needs.

--@include lib/attempts.lua

-- The most that is kept of a message's past; nothing else knows this number. A failed attempt takes about 1.2 KiB at most
-- (`boundedAttempt` in redis/settlement_codec.cpp), so a history holds the last twelve or more. It is no argument, because every settlement
-- would have to carry it.
local HISTORY_BYTES = 16384

-- Returns the endpoint whose eleven keys follow KEYS[k]; nil and an error reply when a key has a wrong type or the state cannot be read.
local function settlingEndpoint(id, k)
  local e = {id = id, q = KEYS[k + 1], m = KEYS[k + 2], l = KEYS[k + 3], s = KEYS[k + 4], t = KEYS[k + 5], a = KEYS[k + 6],
    d = KEYS[k + 7], z = KEYS[k + 8], b = KEYS[k + 9], h = KEYS[k + 10], x = KEYS[k + 11], fields = {}, log = {}, asked = {}, ended = {},
    stored = {}, changed = {}, waiting = {}, aside = {}, left = {}, lighter = 0}
  local wrong = wrongType({e.q, 'zset', e.l, 'zset', e.a, 'list'})
  if wrong then return nil, wrong end
  -- Most endpoints have no letters, and no message that failed.
  if redis.call('EXISTS', e.d, e.t) > 0 then
    wrong = wrongType({e.d, 'hash', e.t, 'hash'})
    if wrong then return nil, wrong end
    e.hasLetters, e.hasHistory = redis.call('EXISTS', e.d) == 1, redis.call('EXISTS', e.t) == 1
    e.forgotten = {}
  end
  e.state, wrong = guarded({e.s, 'hash'}, readState, e.s)
  if wrong then return nil, wrong end
  wrong = wrongLanes(e.state, e.b, e.h, e.x)
  if wrong then return nil, wrong end
  if e.state and e.state.damaged then return nil, damaged('state', id, {}) end
  return e
end

-- Reads the fields in `asked`. Returns a reply that refuses the call, or nil.
local function readMessages(e)
  local bad = {}
  local found, refused = guarded({e.m, 'hash'}, askAll, 'HMGET', e.m, e.asked)
  if refused then return refused end
  for i, packed in ipairs(found) do
    e.stored[e.asked[i]] = packed
    if packed and not isMessage(packed) then bad[#bad + 1] = keyOf(e.asked[i]) end
  end
  if #bad > 0 then return damaged('message', e.id, bad) end
end

local function store(e, field, packed)
  e.stored[field] = packed
  e.changed[field] = true
end

local function writeMessages(e)
  local written, removed, dues, left = {}, {}, {}, {}
  for field in pairs(e.changed) do
    local packed = e.stored[field]
    if packed then
      written[#written + 1], written[#written + 2] = field, packed
    else
      removed[#removed + 1] = field
    end
  end
  for key, due in pairs(e.waiting) do
    if due then dues[#dues + 1], dues[#dues + 2] = text(due), key else left[#left + 1] = key end
  end
  callAll('HSET', e.m, written)
  callAll('HDEL', e.m, removed)
  callAll('ZADD', e.q, dues)
  callAll('ZREM', e.q, left)
  e.changed, e.waiting = {}, {}
end

-- Writes what the settlements changed of the endpoint's lanes. Returns how many messages of change types that it has given up were
-- cancelled.
local function writeLanes(e, now)
  local dues = {}
  for key, due in pairs(e.aside) do dues[#dues + 1], dues[#dues + 2] = text(due), key end
  callAll('ZADD', e.x, dues)
  weigh(e, -e.lighter)
  return lanes().promoteAll(e, e.left, now)
end

-- Writes everything that the settlements changed of the endpoint.
local function writeEndpoint(e, rules)
  writeMessages(e)
  if e.state.lanes > 0 then rules.counters.cancelled = rules.counters.cancelled + writeLanes(e, rules.now) end
  callAll('ZREM', e.l, e.ended)
  if e.hasHistory then callAll('HDEL', e.t, e.forgotten) end
  local fields = {}
  for field, value in pairs(e.fields) do
    fields[#fields + 1] = field
    fields[#fields + 1] = type(value) == 'number' and text(value) or value
  end
  if #fields > 0 then redis.call('HSET', e.s, unpack(fields)) end
  logAttempts(e.a, e.log)
end

local function notice(e, rules, kind, sentence)
  local notices = rules.notices
  notices[#notices + 1], notices[#notices + 2] = kind .. '|' .. e.id, sentence
end

-- After the breaker has closed, the next claims make all messages due that wait at this moment (`sweep` in claim.lua).
local function sweepLater(e, rules)
  writeMessages(e)
  local latest = redis.call('ZREVRANGE', e.q, 0, 0, 'WITHSCORES')
  if not latest[2] or tonumber(latest[2]) <= rules.now then return end
  change(e, 'sweep', tonumber(latest[2]))
  change(e, 'sweepFrom', 0)
end

-- Adds a failed attempt to the history of its message.
local function remember(e, key, attempt)
  if attempt == '' then return end
  local kept = (redis.call('HGET', e.t, key) or '') .. struct.pack('>Hc0', #attempt, attempt)
  while #kept > HISTORY_BYTES do kept = string.sub(kept, 3 + struct.unpack('>H', kept)) end
  redis.call('HSET', e.t, key, kept)
end

-- Deletes a message that is in no sorted set any more. In a lane the next one becomes the head.
local function leave(e, key)
  if e.state.lanes > 0 then
    e.lighter = e.lighter + weightOf(key, e.stored[key])
    e.left[#e.left + 1] = key
  end
  store(e, key, false)
end

-- Cancels message and successor when the endpoint stopped subscribing to their change type during the attempt. Returns whether it did.
local function cancelUnsubscribed(e, key, rules)
  local packed = e.stored[key] or e.stored[successorOf(key)]
  if wanted(e.state, key, packed) then return false end
  local successor = e.stored[successorOf(key)]
  rules.counters.cancelled = rules.counters.cancelled + (e.stored[key] and 1 or 0) + (successor and 1 or 0)
  if e.stored[key] then leave(e, key) end
  if successor then store(e, successorOf(key), false) end
  e.waiting[key] = false
  redis.call('HDEL', e.t, key)
  return true
end

-- Deletes the message; what follows it becomes the waiting message.
local function promoteSuccessor(e, key, rules)
  leave(e, key)
  local packed = e.stored[successorOf(key)]
  if not packed or cancelUnsubscribed(e, key, rules) then return end
  store(e, successorOf(key), false)
  store(e, key, packed)
  e.waiting[key] = readMessage(packed).due
end

-- Makes the message wait until `due`, its successor merged in. That merge may make it due earlier (mergeWaiting).
local function backToWaiting(e, key, m, due, rules)
  if cancelUnsubscribed(e, key, rules) then return end
  clear(m, LEASED)
  m.due = due
  local packed = e.stored[successorOf(key)]
  if packed then
    store(e, successorOf(key), false)
    mergeWaiting(m, readMessage(packed), rules.now, rules.firstRetry)
    rules.counters.superseded = rules.counters.superseded + 1
  end
  store(e, key, packMessage(m))
  if has(m, ASIDE) then e.aside[key] = m.due else e.waiting[key] = m.due end
end

-- Undoes what the claim changed in a message whose request never began.
local function undoClaim(m)
  m.attempts = math.max(m.attempts - 1, 0)
  if has(m, ATTEMPTED_BEFORE) then return end
  clear(m, ATTEMPTED)
  m.sent = 0
end
