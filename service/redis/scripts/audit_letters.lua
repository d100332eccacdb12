-- audit_letters.lua: checks a part of one endpoint's dead letters for damage that no other script would meet: a letter that is missing
-- from its sorted sets or from the groups, an entry of such a set without a letter.
-- KEYS  1 meta (hash)  2 dead letters of all endpoints (zset)  3 letters d (hash)  4 their order z (zset)
--       5 groups of dead letters (zset)
-- ARGV  1 endpoint id  2 cursor of the scan, "0" to begin  3 about how many
-- Reply {next cursor ("0": done), how many were repaired}, or what is damaged (lib/types.lua).
-- O(count · log letters). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/batch.lua
--@include lib/message.lua
--@include lib/letter.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset', KEYS[3], 'hash', KEYS[4], 'zset', KEYS[5], 'zset'})
if wrong then return wrong end
if #ARGV ~= 3 or not isWhole(ARGV[2]) or not isWhole(ARGV[3]) then return redis.error_reply('LULLARG audit_letters') end
local id = ARGV[1]

local scan = redis.call('HSCAN', KEYS[3], ARGV[2], 'COUNT', ARGV[3])
local keys, members, grouped, died, unreadable = {}, {}, {}, {}, {}
for i = 1, #scan[2], 2 do
  local key, packed = scan[2][i], scan[2][i + 1]
  if isLetter(packed) then
    local d, n = readLetter(packed), #keys + 1
    keys[n], members[n], grouped[n], died[n] = key, letterMember(id, key), groupMember(id, key, d), text(d.deadAt)
  else
    unreadable[#unreadable + 1] = key
  end
end
if #unreadable > 0 then return damaged('letter', id, unreadable) end
-- The sorted sets have no cursor of their own, so some entries are drawn at random: each is checked sooner or later.
local function placeWithout(order, prefix)
  local some = {}
  for _, member in ipairs(redis.call('ZRANDMEMBER', order, ARGV[3])) do
    if string.sub(member, 1, #prefix) == prefix then some[#some + 1] = string.sub(member, #prefix + 1) end
  end
  for i, packed in ipairs(askAll('HMGET', KEYS[3], some)) do
    if not packed then return some[i] end
  end
end
local gone = placeWithout(KEYS[4], '') or placeWithout(KEYS[2], letterMember(id, ''))
if gone then return damaged('letter', id, {gone}) end

-- Returns drawn members of the groups that are none, or of no letter as it is now.
local function strayMembers()
  local some, own, stray = {}, {}, {}
  for _, member in ipairs(redis.call('ZRANDMEMBER', KEYS[5], ARGV[3])) do
    local cell, _, _, key = partsOfMember(member)
    if not cell then
      stray[#stray + 1] = member
    elseif string.sub(cell, 1, #id + 1) == id .. '|' then
      some[#some + 1], own[#own + 1] = member, key
    end
  end
  for i, packed in ipairs(askAll('HMGET', KEYS[3], own)) do
    local right = packed and isLetter(packed) and groupMember(id, own[i], readLetter(packed))
    if right ~= some[i] then stray[#stray + 1] = some[i] end
  end
  return stray
end

redis.call('HDEL', KEYS[1], '')
local back = 0
for order, names in pairs({[KEYS[2]] = members, [KEYS[4]] = keys, [KEYS[5]] = grouped}) do
  for i, at in ipairs(askAll('ZMSCORE', order, names)) do
    local score = order == KEYS[5] and '0' or died[i]
    if not at or (order == KEYS[5] and tonumber(at) ~= 0) then
      redis.call('ZADD', order, score, names[i])
      back = back + 1
    end
  end
end
back = back + callAll('ZREM', KEYS[5], strayMembers())
return {scan[1], back}
