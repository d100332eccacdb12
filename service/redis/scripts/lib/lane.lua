-- lane.lua: the lanes of an endpoint with `delivery: every`. A lane is what arrives one after another. Its first message is its head: it
-- waits in `q`, or is leased. The others stand behind it, in the order of their positions; the first position of a message is its
-- sequence. By `lanes` of the state (lib/endpoint.lua): ITEM, each item has a lane; ENDPOINT, there is one lane; EACH, every message is a
-- head.
--   b   zset, all scores 0: the keys of messages that stand behind a head
--   h   hash: lane → position of its head; "!<key>" → token of a tombstone. A tombstone is the lease of a message that was purged while
--       it was leased: its lane goes on when that attempt ends, or its lease.
--   x   zset key → due: messages that the receiver has set aside (ENDPOINT). They are in no lane; those that are due go before the head.
-- `e` has the endpoint's keys q, m, l, t, b, h, x, s and its `state`.
--@include lib/message.lua
--@include lib/endpoint.lua

-- Bounds how long one call works through messages that nobody wants; the next claim goes on.
local unwantedLeft = 500

local function laneOf(lanes, item) return lanes == ITEM and item or '' end
local function keyAt(lane, position) return text(#lane) .. ':' .. lane .. string.format('%016x', position) end
-- Returns the lane and the position (16 hexadecimal digits) of a key; nil when it is a key of the other form (lib/key.lua).
local function placeOf(key)
  local length, rest = string.match(key, '^(%d+):(.*)$')
  if not length then return nil end
  return string.sub(rest, 1, tonumber(length)), string.sub(rest, tonumber(length) + 1)
end
local function tombstoneOf(key) return '!' .. key end

-- Adds to the bytes that the endpoint's messages hold; `Delivery:MaxQueuedBytes` bounds them.
local function weigh(e, bytes)
  if bytes == 0 then return end
  e.state.bytes = redis.call('HINCRBY', e.s, 'bytes', text(bytes))
  if e.state.bytes > 0 then return end
  redis.call('HDEL', e.s, 'bytes')
  e.state.bytes = 0
end
local function weightOf(key, packed) return #key + #packed end

local laneTools
-- Returns what is done with lanes, as a table of functions. They are made when a call first needs them, because most endpoints have no lanes,
-- and functions are what a short call spends most on.
local function lanes()
  if laneTools then return laneTools end

  -- Deletes a message, which is in no order any more. Returns how many messages that were.
  local function dropMessage(e, key, packed)
    weigh(e, -weightOf(key, packed))
    redis.call('HDEL', e.t, key)
    return redis.call('HDEL', e.m, key)
  end

  local function firstBehind(e, lane)
    local prefix = text(#lane) .. ':' .. lane
    local key = redis.call('ZRANGEBYLEX', e.b, '[' .. prefix, '+', 'LIMIT', 0, 1)[1]
    return key and string.sub(key, 1, #prefix) == prefix and key
  end

  -- Makes a message the head of its lane, due now. MaxAge counts from here.
  local function becomeHead(e, key, packed, now)
    local lane, position = placeOf(key)
    redis.call('ZADD', e.q, text(now), key)
    redis.call('HSET', e.h, lane, position)
    if packed and isMessage(packed) then redis.call('HSET', e.m, key, restamped(packed, activeClock(e.state, now))) end
  end

  -- The message under `key` has left its lane. If it was the head, the next one becomes the head. Messages that the endpoint no
  -- longer wants (its change types and its filter may have changed) are cancelled on the way. Returns how many. O(log queue).
  local function promote(e, key, now)
    if e.state.lanes == EACH then return 0 end
    local lane, position = placeOf(key)
    if not lane or redis.call('HGET', e.h, lane) ~= position then return 0 end
    local cancelled = 0
    while true do
      local following = firstBehind(e, lane)
      if not following then
        redis.call('HDEL', e.h, lane)
        return cancelled
      end
      redis.call('ZREM', e.b, following)
      local packed = redis.call('HGET', e.m, following)
      local unwanted = packed and isMessage(packed) and not wanted(e.state, following, packed)
      if not unwanted or unwantedLeft <= 0 then
        becomeHead(e, following, packed, now)
        return cancelled
      end
      unwantedLeft = unwantedLeft - 1
      cancelled = cancelled + dropMessage(e, following, packed)
    end
  end

  -- The same for many messages. Most lanes hold one message, and then nothing has to be looked for.
  local function promoteAll(e, keys, now)
    if e.state.lanes ~= ITEM or redis.call('EXISTS', e.b) == 1 then
      local cancelled = 0
      for _, key in ipairs(keys) do cancelled = cancelled + promote(e, key, now) end
      return cancelled
    end
    local lanes, positions, gone = {}, {}, {}
    for i, key in ipairs(keys) do lanes[i], positions[i] = placeOf(key) end
    for i, position in ipairs(askAll('HMGET', e.h, lanes)) do
      if position == positions[i] then gone[#gone + 1] = lanes[i] end
    end
    callAll('HDEL', e.h, gone)
    return 0
  end

  -- Puts a message that the store does not hold yet at the end of its lane.
  local function append(e, key, packed, now)
    weigh(e, weightOf(key, packed))
    redis.call('HSET', e.m, key, packed)
    if e.state.lanes == EACH then
      redis.call('ZADD', e.q, text(now), key)
    elseif redis.call('HEXISTS', e.h, (placeOf(key))) == 1 then
      redis.call('ZADD', e.b, 0, key)
    else
      becomeHead(e, key, nil, now)
    end
  end

  -- Removes a message from wherever it stands, without delivering it. A leased one leaves a tombstone, unless nothing waits for it or its
  -- lease has ended. Returns how many messages were cancelled.
  local function cancelInLane(e, key, packed, now, leaseHasEnded)
    if isLeased(packed) and e.state.lanes ~= EACH and not leaseHasEnded then
      redis.call('HSET', e.h, tombstoneOf(key), text(tokenOf(packed)))
      return dropMessage(e, key, packed)
    end
    redis.call('ZREM', e.l, key)
    for _, order in ipairs({e.q, e.x, e.b}) do redis.call('ZREM', order, key) end
    return dropMessage(e, key, packed) + promote(e, key, now)
  end

  -- Ends a tombstone, because its attempt or its lease has ended. Returns nil when the key has none with this token (nil: any), else how
  -- many messages were cancelled.
  local function endTombstone(e, key, token, now)
    local found = redis.call('HGET', e.h, tombstoneOf(key))
    if not found or (token and found ~= text(token)) then return nil end
    redis.call('ZREM', e.l, key)
    redis.call('HDEL', e.h, tombstoneOf(key))
    return promote(e, key, now)
  end

  laneTools = {firstBehind = firstBehind, becomeHead = becomeHead, promote = promote, promoteAll = promoteAll, append = append,
    cancelInLane = cancelInLane, endTombstone = endTombstone}
  return laneTools
end

-- Removes a message of any endpoint, and of a debounced one its successor, without delivering it. Returns how many there were.
local function cancelMessage(e, key, packed, now, leaseHasEnded)
  if e.state.lanes > 0 then return lanes().cancelInLane(e, key, packed, now, leaseHasEnded) end
  redis.call('ZREM', e.q, key)
  redis.call('ZREM', e.l, key)
  redis.call('HDEL', e.t, key)
  return redis.call('HDEL', e.m, key, successorOf(key))
end

-- Checks the types of the keys b, h and x as wrongType does. Only endpoints with lanes have these keys.
local function wrongLanes(state, b, h, x)
  return state and not state.damaged and state.lanes > 0 and wrongKey({b, 'zset', h, 'hash', x, 'zset'}) or nil
end
