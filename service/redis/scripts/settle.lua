-- settle.lua: ends leases: complete, reschedule, park, bury, release, pause.
-- KEYS  1 meta (hash)  2 counters (hash)  3 wake-up index (zset)  4 dead letters of all endpoints (zset)
--       5 order of the alerts (zset)  6 what they say (hash)
--       then per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), history t (hash),
--       attempt log a (list), dead letters d (hash), their order z (zset)
-- ARGV  1 now ms  2 breaker failures (0: off)  3 probe ms  4 longest probe ms  5 most dead letters of an endpoint
--       6 first retry delay ms  7 number of endpoints  then their ids
--       then per settlement: action, key, facts, last error, packed attempt or ""
--       facts: u16 place of its endpoint (from 1) | u64 token | i64 due ms | u16 step | u8 reason | u8 flags (1 the receiver failed:
--       counts for the breaker, 2 was the probe, 4 the receiver lives: closes the breaker) | u16 last status or 0   (big-endian)
-- Reply {settled, stale, then per alert that was raised: "<kind>|<endpoint>", sentence}, or what is damaged (lib/types.lua). Actions: c complete, r reschedule (`step` entries of the schedule are used up, the next is due at `due`),
-- p park the endpoint until `due` (no attempt spent), b bury, x release (not before `due`), g pause as gone, e pause by egress rules.
-- A settlement whose token is not the message's does nothing. Complete and bury make the successor waiting, with fresh attempts;
-- the others absorb it; what would wait for a bit that is no longer subscribed is cancelled. At the cap of
-- dead letters nothing is evicted: the endpoint pauses. A breaker that opens, a pause, and the first letter of an endpoint that had none
-- are alerts.
-- O(settlements · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/letter.lua
--@include lib/epitaph.lua
--@include lib/breaker.lua
--@include lib/alert.lua
--@include lib/notices.lua
local HISTORY_LIMIT = 16384
local FACTS, FACTS_LENGTH = '>HI8i8HBBH', 24
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset', KEYS[4], 'zset', KEYS[5], 'zset', KEYS[6], 'hash'})
if wrong then return wrong end
local now, threshold, probe, longestProbe = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local mostLetters, firstRetry, count = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if not (now and threshold and probe and longestProbe and mostLetters and firstRetry and count) or count ~= (#KEYS - 6) / 8
  or (#ARGV - 7 - count) % 5 ~= 0 then
  return redis.error_reply('LULLARG settle')
end
local endpoints = {}
for i = 1, count do
  local k = 8 * i - 2
  local e = {id = ARGV[7 + i], q = KEYS[k + 1], m = KEYS[k + 2], l = KEYS[k + 3], s = KEYS[k + 4], t = KEYS[k + 5], a = KEYS[k + 6],
    d = KEYS[k + 7], z = KEYS[k + 8], fields = {}, log = {}, asked = {}, ended = {}, forgotten = {}, stored = {}, changed = {}, waiting = {}}
  wrong = wrongType({e.q, 'zset', e.m, 'hash', e.l, 'zset', e.s, 'hash', e.t, 'hash', e.a, 'list', e.d, 'hash', e.z, 'zset'})
  if wrong then return wrong end
  e.state = readState(e.s)
  if e.state and e.state.damaged then return damaged('state', e.id, {}) end
  e.hasLetters = redis.call('EXISTS', e.d) == 1
  endpoints[i] = e
end
for at = 7 + count, #ARGV - 1, 5 do
  local key, facts = ARGV[at + 2], ARGV[at + 3]
  local e = #facts == FACTS_LENGTH and string.match(ARGV[at + 1], '^[crpbxge]$') and endpoints[struct.unpack('>H', facts)]
  if not e then return redis.error_reply('LULLARG settlement') end
  if e.state then
    local n = #e.asked
    e.asked[n + 1], e.asked[n + 2] = key, '+' .. key
  end
  local letter = e.hasLetters and ARGV[at + 1] == 'b' and redis.call('HGET', e.d, key)
  if letter and not isLetter(letter) then return damaged('letter', e.id, {key}) end
end
local counters = {delivered = 0, superseded = 0, deadLettered = 0, cancelled = 0}

-- Messages and successors are read together, changed here, and written together: `stored` holds what is so now, false for nothing,
-- `changed` the fields to write, `waiting` what the queue's order becomes (false: not in it).
for _, e in ipairs(endpoints) do
  local bad = {}
  for i, packed in ipairs(askAll('HMGET', e.m, e.asked)) do
    e.stored[e.asked[i]] = packed
    if packed and not isMessage(packed) then bad[#bad + 1] = string.gsub(e.asked[i], '^%+', '') end
  end
  if #bad > 0 then return damaged('message', e.id, bad) end
end
redis.call('HDEL', KEYS[1], '')

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

local notices = {}
local function notice(e, kind, sentence) notices[#notices + 1], notices[#notices + 2] = kind .. '|' .. e.id, sentence end

local rules = {now = now, threshold = threshold, probe = probe, longestProbe = longestProbe}
function rules.opened(e, message) notice(e, 'endpoint-open', openNotice(threshold, message)) end
function rules.closed(e)
  writeMessages(e)
  local latest = redis.call('ZREVRANGE', e.q, 0, 0, 'WITHSCORES')
  if not latest[2] or tonumber(latest[2]) <= now then return end
  change(e, 'sweep', tonumber(latest[2]))
  change(e, 'sweepFrom', 0)
end

local function remember(e, key, attempt)
  if attempt == '' then return end
  local kept = (redis.call('HGET', e.t, key) or '') .. struct.pack('>Hc0', #attempt, attempt)
  while #kept > HISTORY_LIMIT do kept = string.sub(kept, 3 + struct.unpack('>H', kept)) end
  redis.call('HSET', e.t, key, kept)
end

-- Nothing waits for a bit that the endpoint gave up while a message of it was in flight.
local function cancelUnsubscribed(e, key)
  if subscribes(e.state, key) then return false end
  for _, field in ipairs({key, '+' .. key}) do
    if e.stored[field] then
      counters.cancelled = counters.cancelled + 1
      store(e, field, false)
    end
  end
  e.waiting[key] = false
  redis.call('HDEL', e.t, key)
  return true
end

local function promoteSuccessor(e, key)
  store(e, key, false)
  local packed = e.stored['+' .. key]
  if not packed or cancelUnsubscribed(e, key) then return end
  store(e, '+' .. key, false)
  store(e, key, packed)
  e.waiting[key] = readMessage(packed).due
end

-- The request never started: as if the message had not been claimed.
local function undoClaim(m)
  m.attempts = math.max(m.attempts - 1, 0)
  if not has(m, ATTEMPTED_BEFORE) then clear(m, ATTEMPTED) end
end

-- Back to waiting, with what came meanwhile. `due` is its own; a merge into attempted content may move it earlier.
local function backToWaiting(e, key, m, due)
  if cancelUnsubscribed(e, key) then return end
  clear(m, LEASED)
  m.due = due
  local packed = e.stored['+' .. key]
  if packed then
    store(e, '+' .. key, false)
    mergeWaiting(m, readMessage(packed), now, firstRetry)
    counters.superseded = counters.superseded + 1
  end
  store(e, key, packMessage(m))
  e.waiting[key] = m.due
end

local function pause(e, reason, message)
  if e.state.paused then return end
  notice(e, 'endpoint-paused', pauseNotice(reason, message, mostLetters))
  change(e, 'paused', reason)
  change(e, 'pausedSince', now)
  -- A registration shows whether it is enabled: a new version, so that no edit that was read before undoes the pause.
  redis.call('HINCRBY', e.s, 'version', 1)
  redis.call('HINCRBY', KEYS[1], 'rev', 1)
end

local function complete(e, key, message)
  counters.delivered = counters.delivered + 1
  e.forgotten[#e.forgotten + 1] = key
  promoteSuccessor(e, key)
  succeeded(e, rules)
  local packed = e.hasLetters and redis.call('HGET', e.d, key)
  if not packed or not isLetter(packed) then return end
  local letter = readLetter(packed)
  if letter.supersededAt == 0 and readMessage(message).upto >= readMessage(letter.message).upto then
    letter.supersededAt = now
    redis.call('HSET', e.d, key, packLetter(letter))
  end
end

local actions = {}

function actions.r(e, key, m, op)
  if m.firstFailed == 0 then m.firstFailed = now end
  m.losses, m.step, m.entryDue = 0, op.step, op.due
  remember(e, key, op.attempt)
  judge(e, op.flags, op.error, rules)
  backToWaiting(e, key, m, op.due)
end

-- It waits for the endpoint's gate only, behind those that wait already: what one item provokes must not hold up the others for ever.
function actions.p(e, key, m, op)
  if m.firstFailed == 0 then m.firstFailed = now end
  m.losses, m.attempts = 0, math.max(m.attempts - 1, 0)
  remember(e, key, op.attempt)
  noSuccess(e, op.error)
  change(e, 'ramp', 1)
  if op.due > e.state.gate then change(e, 'gate', op.due) end
  giveProbeBack(e, op.flags, rules)
  backToWaiting(e, key, m, now)
end

function actions.b(e, key, m, op)
  if m.firstFailed == 0 then m.firstFailed = now end
  if op.attempt ~= '' then
    remember(e, key, op.attempt)
    judge(e, op.flags, op.error, rules)
  else
    undoClaim(m)
  end
  local before = redis.call('HGET', e.d, key)
  if not before and redis.call('HLEN', e.d) >= mostLetters then
    pause(e, 'dead-letters-full', '')
    backToWaiting(e, key, m, now)
    return
  end
  clear(m, LEASED)
  local history = redis.call('HGET', e.t, key) or ''
  if op.attempt == '' then op.status, op.error = epitaph(op.reason, history) end
  local number = before and readLetter(before).number or redis.call('HINCRBY', KEYS[1], 'letter', 1)
  redis.call('HSET', e.d, key, packLetter({number = number, reason = op.reason, status = op.status, deadAt = now, supersededAt = 0,
    error = op.error, message = packMessage(m), history = history}))
  if not e.hasLetters then notice(e, 'first-letter', letterNotice(op.reason, op.error)) end
  redis.call('ZADD', e.z, text(now), key)
  redis.call('ZADD', KEYS[4], text(now), letterMember(e.id, key))
  e.hasLetters = true
  counters.deadLettered = counters.deadLettered + 1
  redis.call('HDEL', e.t, key)
  promoteSuccessor(e, key)
end

function actions.x(e, key, m, op)
  undoClaim(m)
  giveProbeBack(e, op.flags, rules)
  backToWaiting(e, key, m, math.max(m.due, op.due))
end

function actions.g(e, key, m, op)
  m.attempts = math.max(m.attempts - 1, 0)
  noSuccess(e, op.error)
  pause(e, 'gone', '')
  backToWaiting(e, key, m, m.due)
end

function actions.e(e, key, m, op)
  e.fields.error = op.error
  pause(e, 'egress', op.error)
  undoClaim(m)
  backToWaiting(e, key, m, m.due)
end

local settled, stale = 0, 0
for at = 7 + count, #ARGV - 1, 5 do
  local action, key, attempt = ARGV[at + 1], ARGV[at + 2], ARGV[at + 5]
  local place, token, due, step, reason, flags, status = struct.unpack(FACTS, ARGV[at + 3])
  local e = endpoints[place]
  local packed = e.stored[key]
  if packed and isLeased(packed) and tokenOf(packed) == token then
    settled = settled + 1
    e.ended[#e.ended + 1] = key
    if attempt ~= '' then e.log[#e.log + 1] = attempt end
    if action == 'c' then
      complete(e, key, packed)
    else
      actions[action](e, key, readMessage(packed), {due = due, step = step, reason = reason, flags = flags, status = status,
        error = ARGV[at + 4], attempt = attempt})
    end
    e.touched = true
  else
    stale = stale + 1
  end
end

for _, e in ipairs(endpoints) do
  if e.touched then
    writeMessages(e)
    callAll('ZREM', e.l, e.ended)
    callAll('HDEL', e.t, e.forgotten)
    local fields = {}
    for field, value in pairs(e.fields) do
      fields[#fields + 1] = field
      fields[#fields + 1] = type(value) == 'number' and text(value) or value
    end
    if #fields > 0 then redis.call('HSET', e.s, unpack(fields)) end
    for from = 1, #e.log, 200 do redis.call('LPUSH', e.a, unpack(e.log, from, math.min(from + 199, #e.log))) end
    if #e.log > 0 then redis.call('LTRIM', e.a, 0, 199) end
    scheduleEndpoint(KEYS[3], e.id, e.q, e.l, e.state, now, false)
  end
end
for name, value in pairs(counters) do
  bump(KEYS[2], name, value)
end
local reply = {settled, stale}
for i = 1, #notices, 2 do
  raiseAlert(KEYS[5], KEYS[6], notices[i], now, 1, notices[i + 1])
  reply[#reply + 1], reply[#reply + 2] = notices[i], notices[i + 1]
end
if #notices > 0 then forgetAlerts(KEYS[5], KEYS[6]) end
return reply
