-- settle.lua: ends leases, each by one of the actions complete, reschedule, set aside, park, release, bury and hold; then leases what the
-- endpoints may send next, so that no other call is needed for that.
-- KEYS  1 meta (hash)  2 counters (hash)  3 wake-up index (zset)  4 dead letters of all endpoints (zset)
--       5 order of the alerts (zset)  6 what they say (hash)
--       7 groups of dead letters (zset)  8 jobs (hash)  9 last retries of groups (hash)
--       then per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), history t (hash),
--       attempt log a (list), dead letters d (hash), their order z (zset), of its lanes b (zset), h (hash), x (zset)
-- ARGV  1 now ms  2 breaker failures (0: off)  3 probe ms  4 longest probe ms  5 most dead letters of an endpoint
--       6 first retry delay ms  7 most claims of this call  8 MaxAge ms  9 most endpoints to name as ready  10 slot of the process (lib/lease.lua)
--       11 number of endpoints
--       then per endpoint: id, limit of leased messages, most claims, lease ms (as claim.lua; most 0: claims nothing of it)
--       then per settlement: key, facts, last error, packed attempt or "", of a hold "<reason of the pause>|<notice>",
--       of a park with flag 32 when its attempt began (ms), else ""
--       facts: byte action | u16 place of its endpoint (from 1) | u64 token | i64 due ms | u16 step | u8 reason of a letter | u8 flags
--       (1 the attempt counts as a failure for the breaker, 2 it was the probe, 4 the receiver is alive: closes the breaker, 8 of a
--       hold: the receiver itself said so, 16 set aside without being counted, 32 of a park: nothing has grown older since
--       its attempt began, nor does it until `due`) | u16 the number that the receiver answered or 0
--       | u8 class of the failure (lib/letter.lua)   (big-endian)
-- Reply {settled, stale, the reply of claim.lua as a list, then per alert that was raised: "<kind>|<endpoint>", sentence}, or what is
--        damaged (lib/types.lua).
-- Actions:
--   c complete                                                                                        (lib/settle_success.lua)
--   r reschedule: `step` entries of the schedule are used up, the next attempt is due at `due`        (lib/settle_retry.lua)
--   s set aside: as reschedule, but the next message of the lane is sent meanwhile                   (lib/settle_retry.lua)
--   p park: the endpoint waits until `due`, no attempt is counted                                     (lib/settle_retry.lua)
--   x release: the message is due again, but not before `due`                                         (lib/settle_retry.lua)
--   b bury: the message becomes a dead letter                                                         (lib/settle_burial.lua)
--   h hold: the endpoint is paused, no attempt is counted                                             (lib/settle_pause.lua)
-- A settlement with another token than the message's changes nothing. After complete and bury the successor waits, with no attempts yet;
-- the other actions merge the successor into the message. A message that would wait although the endpoint no longer subscribes to its
-- change type is cancelled. When the endpoint has as many dead letters as it may have, it is paused and no letter is removed. An alert is
-- raised when a breaker opens, when an endpoint is paused, and when an endpoint gets its first dead letter.
-- A lane whose head is delivered, buried or set aside goes on with its next message. A head that may not be buried blocks its endpoint.
-- O((settlements + claims) · log queue). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/claiming.lua
--@include lib/breaker.lua
--@include lib/settling.lua

local made
-- Returns what letters, alerts and all actions but complete need, as a table of functions. They are made when a call first needs them, because
-- most calls settle nothing but successes.
local function others()
  if made then return made end
--@include lib/letter.lua
--@include lib/retried.lua
--@include lib/alert.lua
--@include lib/notices.lua
--@include lib/settle_retry.lua
--@include lib/settle_pause.lua
--@include lib/settle_burial.lua
  made = {r = reschedule, p = park, x = release, b = bury, h = hold, s = moveAside, isLetter = isLetter, readLetter = readLetter,
    packLetter = packLetter, groupMember = groupMember, raiseAlert = raiseAlert, forgetAlerts = forgetAlerts, openNotice = openNotice,
    pauseIn = pauseIn, ageless = AGELESS}
  return made
end
--@include lib/settle_success.lua
local FIXED = 11
local FACTS, FACTS_LENGTH, FLAGS_AT = '>c1HI8i8HBBHB', 26, 23
local ACTIONS = {c = true, r = true, p = true, x = true, b = true, h = true, s = true}
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash', KEYS[3], 'zset'})
if wrong then return wrong end
local rules = {now = tonumber(ARGV[1]), threshold = tonumber(ARGV[2]), probe = tonumber(ARGV[3]), longestProbe = tonumber(ARGV[4]),
  mostLetters = tonumber(ARGV[5]), firstRetry = tonumber(ARGV[6]), revisions = 0, allLetters = KEYS[4], groups = KEYS[7], jobs = KEYS[8],
  retried = KEYS[9], notices = {}, counters = {delivered = 0, superseded = 0, deadLettered = 0, cancelled = 0}}
local mostClaims, maxAge, mostReady, slot, count = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), slotIn(ARGV[10]), tonumber(ARGV[11])
if not (rules.now and rules.threshold and rules.probe and rules.longestProbe and rules.mostLetters and rules.firstRetry and mostClaims
  and maxAge and mostReady and slot and count) or count ~= (#KEYS - 9) / 11 or (#ARGV - FIXED - PER_CLAIMED * count) % 5 ~= 0 then
  return redis.error_reply('LULLARG settle')
end
local firstSettlement = FIXED + PER_CLAIMED * count
function rules.opened(e, message) notice(e, rules, 'endpoint-open', others().openNotice(rules.threshold, message)) end
function rules.closed(e) sweepLater(e, rules) end

-- The first pass only reads: it collects the endpoints and the messages of all settlements, and returns when one cannot be read.
local endpoints = {}
for i = 1, count do
  local a = FIXED + PER_CLAIMED * (i - 1)
  local e, refused = settlingEndpoint(ARGV[a + 1], 11 * i - 2)
  if refused then return refused end
  e.place, e.limit, e.most, e.lease = i, tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  if not (e.limit and e.most and e.lease) then return redis.error_reply('LULLARG settle limits') end
  endpoints[i] = e
end
-- Letters and alerts are only written when something did not succeed.
local someMayFail, someHaveLetters = false, false
for at = firstSettlement, #ARGV - 1, 5 do
  local key, facts = ARGV[at + 1], ARGV[at + 2]
  local action = string.sub(facts, 1, 1)
  local e = #facts == FACTS_LENGTH and ACTIONS[action] and endpoints[struct.unpack('>H', facts, 2)]
  if not e or (action == 'h' and not others().pauseIn(ARGV[at + 5]))
    or (action == 'p' and bit.band(string.byte(facts, FLAGS_AT), others().ageless) ~= 0 and not tonumber(ARGV[at + 5])) then
    return redis.error_reply('LULLARG settlement')
  end
  if action ~= 'c' and not e.mayFail then
    wrong = (not someMayFail and wrongType({KEYS[4], 'zset', KEYS[5], 'zset', KEYS[6], 'hash', KEYS[7], 'zset', KEYS[8], 'hash',
      KEYS[9], 'hash'})) or wrongType({e.z, 'zset'})
    if wrong then return wrong end
    e.mayFail, someMayFail = true, true
  elseif e.hasLetters and not (someMayFail or someHaveLetters) then
    wrong = wrongType({KEYS[7], 'zset'})
    if wrong then return wrong end
    someHaveLetters = true
  end
  if e.state then
    local n = #e.asked
    e.asked[n + 1], e.asked[n + 2] = key, successorOf(key)
  end
  local letter = e.hasLetters and action == 'b' and redis.call('HGET', e.d, key)
  if letter and not others().isLetter(letter) then return damaged('letter', e.id, {key}) end
end
for _, e in ipairs(endpoints) do
  local refused = readMessages(e)
  if refused then return refused end
end
redis.call('HDEL', KEYS[1], '')

local settled, stale = 0, 0
for at = firstSettlement, #ARGV - 1, 5 do
  local key, attempt = ARGV[at + 1], ARGV[at + 4]
  local action, place, token, due, step, reason, flags, code, class = struct.unpack(FACTS, ARGV[at + 2])
  local e = endpoints[place]
  local packed = e.stored[key]
  if packed and isLeased(packed) and tokenOf(packed) == token then
    settled = settled + 1
    e.ended[#e.ended + 1] = key
    if attempt ~= '' then e.log[#e.log + 1] = attempt end
    -- A success, which is what most settlements tell, needs nothing of this.
    local op = action ~= 'c' and {due = due, step = step, reason = reason, flags = flags, code = code, class = class,
      error = ARGV[at + 3], attempt = attempt, more = ARGV[at + 5]}
    local act = op and others()[action] or complete
    act(e, key, packed, op, rules)
    e.touched = true
  else
    stale = stale + 1
    local cancelled = e.state and e.state.lanes > 0 and not packed and lanes().endTombstone(e, key, token, rules.now)
    if cancelled then
      rules.counters.cancelled = rules.counters.cancelled + cancelled
      e.touched = true
    end
  end
end

local claims = {0, -1, 0, 0}
local c = claimingOf(rules.now, mostClaims, maxAge, rules.probe, rules.firstRetry, slot, claims)
for _, e in ipairs(endpoints) do
  if e.touched then writeEndpoint(e, rules) end
  -- What it may send next is leased here. An endpoint without room for that is only looked at, to set when its next message may be claimed.
  if e.most > 0 and c.claims < c.most then
    visit(c, e)
  elseif e.touched then
    scheduleEndpoint(KEYS[3], e, e.state, rules.now, false)
  end
end
rules.counters.superseded, rules.counters.cancelled = rules.counters.superseded + c.superseded, rules.counters.cancelled + c.cancelled
for name, value in pairs(rules.counters) do
  bump(KEYS[2], name, value)
end
local reply, notices = {settled, stale, claims}, rules.notices
for i = 1, #notices, 2 do
  others().raiseAlert(KEYS[5], KEYS[6], notices[i], rules.now, 1, notices[i + 1])
  reply[#reply + 1], reply[#reply + 2] = notices[i], notices[i + 1]
end
if #notices > 0 then others().forgetAlerts(KEYS[5], KEYS[6]) end
claims[1] = tonumber(metaFound.rev) + rules.revisions
claims[3], claims[4] = c.takenOver, c.claims
claims[2] = tellNext(c, mostReady)
return reply
