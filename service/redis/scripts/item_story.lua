-- item_story.lua: what is known of one item: its window, and what endpoints hold about it and have sent of it.
-- KEYS  1 window index (zset)  2 windows (hash)
--       then per endpoint: queue q (zset), messages m (hash), leases l (zset), state s (hash), history t (hash), attempt log a (list),
--       letters d (hash), their order z (zset), of its lanes b (zset), h (hash), x (zset)
-- ARGV  1 item key  2 key of another item whose id reads the same, if there may be one: "3" is the number and the text
-- Reply: per item {due of its window ms or -1, first ms, events,
--        then per endpoint {reason of its pause, "mailbox" when it is one and so sends nothing, or "", until when it is closed (park, breaker) ms, in flight, waiting,
--          how many messages stand behind (-1: nobody can tell without reading the queue), key and packed letter or "", "",
--          packed attempt that delivered it last or ""}}
--        In flight and waiting are {} or {key, where it stands (q, x, b), its score, packed message, history}.
-- In the lane of an item, and of a debounced endpoint, the key says where to look; what waits behind an attempt is its successor, or the
-- next one of the lane. One lane for all items (lib/lane.lua), or none, can be in any order, so of these queues only the first NEAR
-- messages of each set are looked at. Of letters that are one per message, the newest NEAR are.
-- O(endpoints · log queue); it reads the attempt log, which has at most 250 entries, of each. Reads only.
--@include lib/types.lua
--@include lib/reading.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/endpoint.lua
--@include lib/lane.lua
--@include lib/letter.lua
--@include lib/window.lua
local NEAR, PER_ENDPOINT = 20, 11
local item
if #ARGV < 1 or #ARGV > 2 or (#KEYS - 2) % PER_ENDPOINT ~= 0 then return redis.error_reply('LULLARG item_story') end
for _, key in ipairs(ARGV) do
  if bitOf(key) == 0 then return redis.error_reply('LULLARG item_story') end
end

-- Returns a message as the reply names it; {} when it is none, or about another item.
local function entry(e, set, key, score)
  local packed = key and ask('hash', 'HGET', e.m, key)
  if misread or not packed or not isMessage(packed) or itemOf(keyOf(key), packed) ~= item then return {} end
  return {keyOf(key), set, score or '0', packed, ask('hash', 'HGET', e.t, keyOf(key)) or ''}
end

-- A debounced endpoint has one message of the item, and while that is leased at most a successor.
local function inItemKey(e)
  local found = entry(e, 'q', item, ask('zset', 'ZSCORE', e.q, item))
  if not found[4] or not isLeased(found[4]) then return {}, found, 0 end
  local successor = entry(e, 'b', successorOf(item))
  return found, successor, successor[1] and 1 or 0
end

-- The lane of the item: its head, and the first message behind it.
local function inLane(e)
  local prefix = text(#item) .. ':' .. item
  local position = ask('hash', 'HGET', e.h, item)
  local behind = ask('zset', 'ZLEXCOUNT', e.b, '[' .. prefix, '(' .. prefix .. 'g')
  if misread then return {}, {}, 0 end
  local head = position and prefix .. position
  local found = entry(e, 'q', head, head and ask('zset', 'ZSCORE', e.q, head))
  if found[4] and not isLeased(found[4]) then return {}, found, behind end
  local following = (ask('zset', 'ZRANGEBYLEX', e.b, '[' .. prefix, '(' .. prefix .. 'g', 'LIMIT', 0, 1) or {})[1]
  return found, entry(e, 'b', following), behind
end

-- Looks at the first messages of one set.
local function near(e, set, order)
  local found = ask('zset', 'ZRANGE', order, 0, NEAR - 1, 'WITHSCORES')
  for i = 1, misread and 0 or #found, 2 do
    local one = entry(e, set, found[i], found[i + 1])
    if one[1] then return one end
  end
  return {}
end

local function anywhere(e)
  local waiting = {}
  for _, set in ipairs({'x', 'q', 'b'}) do
    if not waiting[1] then waiting = near(e, set, e[set]) end
  end
  return near(e, 'q', e.l), waiting, -1
end

local function letterOf(e)
  local packed = ask('hash', 'HGET', e.d, item)
  if misread then return '', '' end
  if packed then return item, packed end
  for _, key in ipairs(ask('zset', 'ZREVRANGE', e.z, 0, NEAR - 1) or {}) do
    local lane = not misread and placeOf(key)
    packed = (lane == item or lane == '') and ask('hash', 'HGET', e.d, key)
    local about = packed and isLetter(packed) and (lane == item and item or itemOf(key, readLetter(packed).message))
    if about == item then return key, packed end
  end
  return '', ''
end

-- The head of a packed attempt (redis/attempt_codec.hpp), and the outcome of a delivered one.
local ATTEMPT, DELIVERED = '>BI8Hc0HB', 0
local logs = {}
local function deliveryOf(e)
  logs[e.a] = logs[e.a] or ask('list', 'LRANGE', e.a, 0, -1) or {}
  for _, packed in ipairs(logs[e.a]) do
    if string.find(packed, item, 1, true) then
      local readable, _, _, key, _, outcome = pcall(struct.unpack, ATTEMPT, packed)
      if readable and key == item and outcome == DELIVERED then return packed end
    end
  end
  return ''
end

-- Returns the part of the reply that is about `item`; nil when something could not be read.
local function story()
  local due, packedWindow = ask('zset', 'ZSCORE', KEYS[1], item), ask('hash', 'HGET', KEYS[2], item)
  if misread then return end
  local w = due and packedWindow and isWindow(packedWindow) and readWindow(packedWindow)
  local reply = {w and timeOf(due) or -1, w and w.first or 0, w and w.events or 0}
  for k = 2, #KEYS - 1, PER_ENDPOINT do
    local e = {q = KEYS[k + 1], m = KEYS[k + 2], l = KEYS[k + 3], s = KEYS[k + 4], t = KEYS[k + 5], a = KEYS[k + 6], d = KEYS[k + 7],
      z = KEYS[k + 8], b = KEYS[k + 9], h = KEYS[k + 10], x = KEYS[k + 11]}
    local kept = ask('hash', 'HMGET', e.s, 'paused', 'gate', 'openUntil', 'lanes', 'mailbox')
    if misread then return end
    local lanes = tonumber(kept[4] or 0)
    local look = lanes == 0 and inItemKey or lanes == ITEM and inLane or anywhere
    local flying, waiting, behind = look(e)
    local key, letter = letterOf(e)
    local delivery = deliveryOf(e)
    if misread then return end
    reply[#reply + 1] = {kept[1] or (kept[5] == '1' and 'mailbox') or '', math.max(tonumber(kept[2] or 0) or 0, tonumber(kept[3] or 0) or 0), flying, waiting, behind, key,
      letter, delivery}
  end
  return reply
end

local stories = {}
for i = 1, #ARGV do
  item = ARGV[i]
  stories[i] = story()
  if misread then return misread end
end
return stories
