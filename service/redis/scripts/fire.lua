-- fire.lua: removes due windows and gives every subscribed endpoint a message, leased to the caller at once where it may be sent now.
-- KEYS  1 meta (hash)  2 counters (hash)  3 window index (zset)  4 windows (hash)  5 wake-up index (zset)
--       6 index of what changed (hash, lib/changes.lua)
--       then per subscriber: queue q (zset), messages m (hash), state s (hash), leases l (zset)
--       then per endpoint that has turned: q, m, s, and of its lanes b (zset), h (hash)
-- ARGV  1 now ms  2 registry revision that the caller knows  3 about how many messages to put at most  4 most windows
--       5 first retry delay ms  6 the bits of change types of which the call names all subscribers
--       7 max wait ms  8 most messages to lease to the caller  9 1: stop before a window that waits for room (waitsForRoom); else 0
--       10 slot of the process (lib/lease.lua)  11 how many endpoints have turned  12 slack ms (lib/fire_next.lua)
--       then per subscriber: id, mask of bits, limit of leased messages, lease ms; then per endpoint that has turned: id, mask of bits
-- Reply {windows fired, messages put, when to fire next (-1: none is open), bits of the first windows left, 1 when it stopped because
--        an endpoint had no room, next wake-up ms (-1: none), number of windows with leased messages, then per such window: key, packed
--        message, how many endpoints, then their places in the call (from 1); then the ids of ready endpoints}, or what is damaged
--        (lib/types.lua).
-- Error LULLSTALE when the revision is not current.
-- It stops before the first window of a change type that is not in argument 6. A key has at most one message and one successor: newer
-- content is merged into a message that waits; of a leased message it goes into the successor (field "+<key>").
-- A message that nobody has to wait for is leased as claim.lua would do it, so it never enters the queue: its endpoint is neither paused,
-- parked nor swept, its breaker is closed, it has room below its limit and its pace, and nothing of it is due earlier or has lost its lease.
-- Every window that fires gets its entry in the index that replays are made from, whoever subscribes to it.
-- An endpoint with a filter gets the windows of which it may let an event pass.
-- An endpoint that took every event for a while, or was called within requests, gets no window all of whose events it was told of by themselves.
-- An endpoint that has turned was debounced once and is told in another way now (`turned` of its state says since when). The windows that
-- hold earlier events still owe it something (lib/turned.lua): where it takes every event, it gets one message for each, at the end of its
-- lane. Where it is called within requests, it is named among the subscribers, too, and gets its messages there. After the longest wait of a
-- window it is named no more.
-- O(windows · (log windows + subscribers of the bit · log queue)). Works at maxmemory (its first write is a ZREM).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/window.lua
--@include lib/change_note.lua
--@include lib/fire_next.lua
--@include lib/endpoint.lua
--@include lib/line.lua
--@include lib/lane.lua
--@include lib/lease.lua
--@include lib/turned.lua
--@include lib/subscribed.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'hash', KEYS[5], 'zset', KEYS[6], 'hash'})
if wrong then return wrong end
local FIXED_KEYS, FIXED, PER_SUBSCRIBER, MOST_READY = 6, 12, 4, 256
local now, stopAt, mostWindows, firstRetry, bits = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local maxWait, permits, stopsWhenFull = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9] == '1'
local slot, turnedCount, slack = slotIn(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
local count = turnedCount and (#ARGV - FIXED - 2 * turnedCount) / PER_SUBSCRIBER
if not (now and stopAt and mostWindows and firstRetry and bits and maxWait and permits and slot and slack and count) or count < 0
  or #KEYS ~= FIXED_KEYS + 4 * count + 5 * turnedCount then
  return redis.error_reply('LULLARG fire')
end
if metaFound.rev ~= ARGV[2] then return redis.error_reply('LULLSTALE registry') end

local subscribers = {}
for i = 1, count do
  local a, k = FIXED + PER_SUBSCRIBER * (i - 1), FIXED_KEYS + 4 * (i - 1)
  local e = {place = i, id = ARGV[a + 1], mask = tonumber(ARGV[a + 2]), limit = tonumber(ARGV[a + 3]), lease = tonumber(ARGV[a + 4]),
    q = KEYS[k + 1], m = KEYS[k + 2], s = KEYS[k + 3], l = KEYS[k + 4], windows = {}}
  if not (e.mask and e.limit and e.lease) then return redis.error_reply('LULLARG fire subscriber') end
  subscribers[i] = e
end
local turned, refused = turnedEndpoints(FIXED_KEYS + 4 * count, FIXED + PER_SUBSCRIBER * count, turnedCount)
if refused then return refused end
local subscribed, turnedOf = subscribedOf(subscribers), subscribedOf(turned)

-- Finds out how many messages of the endpoint may be leased now (`room`), whether any may be unless it is at its limit (`open`), and how many
-- leases it has and may have (`live`, `mostLive`).
local function lookForRoom(e)
  e.state = readState(e.s)
  if not e.state or e.state.damaged then return end
  local state, limit = e.state, e.limit
  if state.ramp > 0 then limit = math.min(limit, state.ramp) end
  e.live, e.room, e.mostLive, e.planned = redis.call('ZCARD', e.l), 0, limit, 0
  e.open = not state.paused and state.gate <= now and state.openUntil == 0 and state.sweep == 0
  local lease = e.live > 0 and redis.call('ZRANGE', e.l, 0, 0, 'WITHSCORES')[2]
  local waits = redis.call('ZRANGE', e.q, 0, 0, 'WITHSCORES')[2]
  if not e.open or (lease and tonumber(lease) <= now) or (waits and tonumber(waits) <= now) then return end
  e.room = math.max(limit - e.live, 0)
  -- Only time gives it another turn, so no window waits for that.
  if state.pace then e.room, e.open = math.min(e.room, pacing().left(state, now)), false end
end

local function typesOf(e) return {e.q, 'zset', e.m, 'hash', e.s, 'hash', e.l, 'zset'} end

-- Reads what an endpoint holds, the first time a window is for it. Returns a reply that refuses the call, or nil.
local function lookAt(e)
  if e.state then return end
  local _, refused = guarded(typesOf(e), lookForRoom, e)
  if refused then return refused end
  if not e.state or e.state.damaged then return damaged('state', e.id, {}) end
end

-- Whether the window waits until an endpoint has room. It does not when nothing but time would give it room, nor when another endpoint is
-- about to run out of work.
local function waitsForRoom(targets)
  local someoneHasNone = false
  for _, e in ipairs(targets) do
    if e.open and 4 * (e.live + e.planned) < e.mostLive and e.planned < e.room then return false end
    someoneHasNone = someoneHasNone or (e.open and e.planned >= e.room)
  end
  return someoneHasNone
end

-- The first pass only reads: it finds the windows that fire, and checks the keys and states of all endpoints that get messages. The windows
-- are read in pieces, because a call may take few of many that are due.
local WINDOWS_AT_ONCE = 50
local total, held, stopped = 0, false, false
local keys, changeTypes, dueTimes = {}, {}, {}

-- Returns a reply that refuses the call, or nil.
local function take(key, due)
  local changeType = bitOf(key)
  stopped = #keys >= mostWindows or (changeType > 0 and bit.band(bits, changeType) == 0)
  if stopped then return end
  local targets = subscribed(changeType)
  local most = #targets + #turnedOf(changeType)
  stopped = total > 0 and total + most > stopAt
  if stopped then return end
  for _, e in ipairs(targets) do
    local refused = lookAt(e)
    if refused then return refused end
  end
  held = stopsWhenFull and waitsForRoom(targets)
  stopped = held
  if stopped then return end
  total = total + most
  local n = #keys + 1
  keys[n], changeTypes[n], dueTimes[n] = key, changeType, due
  for _, e in ipairs(targets) do e.planned = e.planned + 1 end
end

while not stopped do
  local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', #keys, WINDOWS_AT_ONCE)
  for i = 1, #due, 2 do
    local refused = take(due[i], due[i + 1])
    if refused then return refused end
    if stopped then break end
  end
  if #due < 2 * WINDOWS_AT_ONCE then stopped = true end
end

-- Reads the windows that fire. They are removed only after everything else has been read, too.
local windows, unreadable = {}, {}
local packedWindows = askAll('HMGET', KEYS[4], keys)
for i, packed in ipairs(packedWindows) do
  if packed and isWindow(packed) and changeTypes[i] > 0 then
    local w = readWindow(packed)
    w.key, w.changeType, w.due = keys[i], changeTypes[i], math.max(timeOf(dueTimes[i]), w.first)
    windows[#windows + 1] = w
    for _, e in ipairs(subscribed(w.changeType)) do
      if not wasTold(e, w) and (not e.state.filter or facts().wants(e.state, w.facts)) then e.windows[#e.windows + 1] = w end
    end
  else
    unreadable[#unreadable + 1] = keys[i]
  end
end
if #unreadable > 0 then return damaged('window', '', unreadable) end

-- Reads what the endpoint has of the keys of its windows: messages, and of leased messages the successors. Returns the keys of messages
-- that cannot be read.
local function look(e)
  local wanted, successors, bad = {}, {}, {}
  e.beneath = {}
  for i, w in ipairs(e.windows) do wanted[i] = w.key end
  e.stored = askAll('HMGET', e.m, wanted)
  for i, packed in ipairs(e.stored) do
    if packed and not isMessage(packed) then
      bad[#bad + 1] = wanted[i]
    elseif packed and isLeased(packed) then
      successors[#successors + 1] = successorOf(wanted[i])
      e.beneath[i] = #successors
    end
  end
  e.successors, e.beside = successors, askAll('HMGET', e.m, successors)
  for i, packed in ipairs(e.beside) do
    if packed and not isMessage(packed) then bad[#bad + 1] = keyOf(successors[i]) end
  end
  return bad
end
for _, e in ipairs(subscribers) do
  if #e.windows > 0 then
    local bad, refused = guarded(typesOf(e), look, e)
    if refused then return refused end
    if #bad > 0 then return damaged('message', e.id, bad) end
  end
end

callAll('ZREM', KEYS[3], keys)
callAll('HDEL', KEYS[4], keys)
local lastFire = tonumber(metaFound.lastFire)
if #windows > 0 then noteChanges(KEYS[6], keys, packedWindows, windows, firesAt(now, lastFire)) end
local created, superseded, token = 0, 0, nil

local function packed(w, stamp, flags, attempts, token)
  return struct.pack(MESSAGE, 4, flags, w.upto, w.upto, w.events, attempts, 0, token, 0, stamp, w.occurred, w.winSeq, now, w.due, 0, now,
    attempts > 0 and now or 0, 0, '', #w.trace, w.trace, 0, '', #w.payload, w.payload)
end

-- Returns the packed message that a window becomes at an endpoint that has none of its key. Endpoints with equal stamps share it.
local function newMessage(w, stamp)
  if w.packedAt ~= stamp then w.packedAt, w.packed = stamp, packed(w, stamp, 0, 0, 0) end
  return w.packed
end

-- Returns the same message leased to the caller, with one attempt. All leases of the call have one token: an endpoint has one message of a
-- key.
local function newLeased(w, stamp)
  if w.leasedAt ~= stamp then
    token = token or tonumber(metaFound.token) + 1
    w.leasedAt, w.places = stamp, w.places or {}
    if stamp == now and w.winSeq == w.upto then
      w.leased = struct.pack(FRESH, FRESH_VERSION, LEASED + ATTEMPTED, w.upto, w.upto, w.events, 1, 0, token, now, w.occurred, w.due,
        #w.trace, w.trace, #w.payload, w.payload)
    else
      w.leased = packed(w, stamp, LEASED + ATTEMPTED, 1, token)
    end
  end
  return w.leased
end

-- Merges a window into a message or successor. Returns the packed message, when it is due, and whether that has changed.
local function merged(e, field, packed, w, isSuccessor)
  superseded = superseded + 1
  local m = readMessage(packed)
  -- The queue's score is the due time that counts: an operator's retry and the sweep after a breaker change only the score.
  if not isSuccessor then m.due = dueOf(redis.call('ZSCORE', e.q, field) or m.due) end
  local before = m.due
  mergeWaiting(m, {upto = w.upto, events = w.events, occurred = w.occurred, winSeq = w.winSeq, trace = w.trace, payload = w.payload,
    stamp = e.stamp, windowDue = w.due}, now, firstRetry)
  return packMessage(m), m.due, m.due ~= before
end

-- Sets when the endpoint is looked at next: when its first message is due that waits, unless it is at its limit, or when a lease expires.
local function wakeFor(e, earliest, leased)
  if e.state.paused then return end
  local wake = leased > 0 and now + e.lease
  if earliest and e.live + leased < e.mostLive then
    local due = math.max(earliest, closedUntil(e.state, now))
    wake = wake and math.min(wake, due) or due
  end
  if wake then redis.call('ZADD', KEYS[5], 'LT', text(wake), e.id) end
end

local function put(e)
  local beneath, successors, stored, beside = e.beneath, e.successors, e.stored, e.beside
  local dues, values, leases, earliest, fresh = {}, {}, {}, nil, 0
  local dueNow, expiry = text(now), leaseScore(now + e.lease, slot)
  for i, w in ipairs(e.windows) do
    local leased = beneath[i]
    local field, packed = w.key, stored[i]
    if leased then field, packed = successors[leased], beside[leased] end
    local due, moved = now, true
    if packed then
      packed, due, moved = merged(e, field, packed, w, leased)
    elseif not leased and e.room > 0 and permits > 0 then
      packed, moved, e.room, permits = newLeased(w, e.stamp), false, e.room - 1, permits - 1
      leases[#leases + 1], leases[#leases + 2], w.places[#w.places + 1] = expiry, field, e.place
      leased = true
    else
      packed = newMessage(w, e.stamp)
      if not leased then fresh = fresh + 1 end
    end
    values[#values + 1], values[#values + 2] = field, packed
    if not leased then
      if moved then dues[#dues + 1], dues[#dues + 2] = due == now and dueNow or text(due), field end
      if not earliest or due < earliest then earliest = due end
    end
  end
  created = created + #e.windows
  callAll('HSET', e.m, values)
  callAll('ZADD', e.l, leases)
  -- A key that was in the queue without a message had one that was lost. The counters are marked, and balance.lua corrects them.
  if callAll('ZADD', e.q, dues) ~= fresh then redis.call('HSET', KEYS[2], 'unbalanced', '1') end
  if e.state.pace then pacing().begin(e, #leases / 2, now) end
  wakeFor(e, earliest, #leases / 2)
end

for _, e in ipairs(subscribers) do
  if #e.windows > 0 then
    e.stamp = activeClock(e.state, now)
    put(e)
  end
end
for _, e in ipairs(turned) do created = created + putTurned(e, windows, now) end
bump(KEYS[2], 'created', created)
bump(KEYS[2], 'superseded', superseded)
if #windows > 0 then
  local numbers = {'lastFire', text(math.max(now, lastFire))}
  if token then numbers[3], numbers[4] = 'token', text(token) end
  redis.call('HSET', KEYS[1], unpack(numbers))
end
local fireAt, nextBits = nextFiring(KEYS[3], now, slack)
forgetTurned(turned, fireAt, now, maxWait)
local reply = {#windows, created, fireAt or -1, nextBits, held and 1 or 0, -1, 0}
for _, w in ipairs(windows) do
  if w.places then
    local n = #reply
    reply[n + 1], reply[n + 2], reply[n + 3], reply[7] = w.key, w.leased, #w.places, reply[7] + 1
    for i, place in ipairs(w.places) do reply[n + 3 + i] = place end
  end
end
reply[6] = nameReady(KEYS[5], now, MOST_READY, reply)
return reply
