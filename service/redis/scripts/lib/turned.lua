-- turned.lua: endpoints that were debounced once and are told in another way now. For fire.lua, whose header says what they get.

-- Returns the `count` endpoints whose keys, five each, follow KEYS[keysBefore], and whose ids and masks follow ARGV[argumentsBefore]; nil and
-- a reply that refuses the call when one cannot be read.
local function turnedEndpoints(keysBefore, argumentsBefore, count)
  local endpoints = {}
  for i = 1, count do
    local k, a = keysBefore + 5 * (i - 1), argumentsBefore + 2 * (i - 1)
    local e = {id = ARGV[a + 1], mask = tonumber(ARGV[a + 2]), q = KEYS[k + 1], m = KEYS[k + 2], s = KEYS[k + 3], b = KEYS[k + 4],
      h = KEYS[k + 5]}
    if not e.mask then return nil, redis.error_reply('LULLARG fire mask') end
    local wrong = wrongType({e.q, 'zset', e.m, 'hash', e.s, 'hash', e.b, 'zset', e.h, 'hash'})
    if wrong then return nil, wrong end
    e.state = readState(e.s)
    if not e.state or e.state.damaged then return nil, damaged('state', e.id, {}) end
    local at = redis.call('HGET', e.s, 'turned')
    e.at = at and isWhole(at) and tonumber(at) or nil
    endpoints[i] = e
  end
  return endpoints
end

-- Whether a window holds an event from before the endpoint turned. It is owed that, also where a later event of the window was told by itself:
-- that one may have been a call that failed, or a filter may have refused it, even one that was set while its message waited.
local function holdsOwed(state, w) return w.firstSeq <= state.toldFrom end

-- Whether an endpoint without lanes was told of each event of a window by itself, and is owed nothing of it. Its state is asked for that at
-- the first window, when it ever was told in another way.
local function wasTold(e, w)
  local state = e.state
  if not state.wasLaned then return false end
  if not state.toldTo and not readLanesState(e.s, state) then state.toldFrom, state.toldTo, state.sync = 0, 0, 0 end
  return not holdsOwed(state, w) and (state.sync == 1 or w.upto <= state.toldTo)
end

-- Puts one message for each window that holds an event from before the endpoint turned; returns how many. The endpoint is owed the messages, so they are put also where it is full. The webhook-id is made of the position: a window
-- that stays open while an endpoint turns twice is told twice.
local function putTurned(e, windows, now)
  local put = 0
  for _, w in ipairs(e.at and e.state.lanes > 0 and windows or {}) do
    local isFor = bit.band(e.mask, w.changeType) ~= 0 and (not e.state.filter or facts().wants(e.state, w.facts))
    if isFor and holdsOwed(e.state, w) then
      local position = redis.call('HINCRBY', KEYS[1], 'seq', 1)
      local packed = packMessage({flags = REPLAY, idSeq = position, upto = w.upto, events = w.events, attempts = 0, losses = 0, token = 0,
        firstFailed = 0, stamp = activeClock(e.state, now), occurred = w.occurred, winSeq = w.winSeq, due = now, windowDue = w.due,
        step = 0, entryDue = now, item = w.key, trace = w.trace, payload = w.payload})
      lanes().append(e, keyAt(laneOf(e.state.lanes, w.key), position), packed, now)
      put = put + 1
    end
  end
  if put > 0 and not e.state.paused then
    redis.call('ZADD', KEYS[5], 'LT', text(math.max(now, closedUntil(e.state, now))), e.id)
  end
  return put
end

-- No window that is left was opened before the endpoint turned once the longest wait has passed and nothing is overdue. Clocks of replicas
-- differ a little, hence the minute. `fireAt` is what nextFiring of lib/fire_next.lua returns. The revision grows, so that callers learn
-- that they need not name it any more.
local function forgetTurned(endpoints, fireAt, now, maxWait)
  for _, e in ipairs(endpoints) do
    local isOver = not e.at or (now > e.at + maxWait + 60000 and (not fireAt or fireAt > now))
    if isOver then
      redis.call('HDEL', e.s, 'turned')
      redis.call('HINCRBY', KEYS[1], 'rev', 1)
    end
  end
end
