-- walk.lua: where a walk over a sorted set continues. A place is (score, member); the walk has seen everything up to it.

-- Byte order, as Redis sorts members of one score. Lua's own `<` on texts follows the locale of the server.
local function bytesBefore(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- The rank, in the walk's direction, of the first member behind the place; an empty member stands before all of its score.
-- O(log n), O(log² n) when the member is gone: however many share its score.
local function rankBehind(key, score, member, newestFirst)
  local rank = member ~= '' and redis.call(newestFirst and 'ZREVRANK' or 'ZRANK', key, member)
  if rank and tonumber(redis.call('ZSCORE', key, member)) == tonumber(score) then return rank + 1 end
  local low = newestFirst and redis.call('ZCOUNT', key, '(' .. score, '+inf') or redis.call('ZCOUNT', key, '-inf', '(' .. score)
  if member == '' then return low end
  local high = low + redis.call('ZCOUNT', key, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local found = redis.call(newestFirst and 'ZREVRANGE' or 'ZRANGE', key, middle, middle)[1]
    local passed = newestFirst and bytesBefore(member, found) or (not newestFirst and bytesBefore(found, member))
    if passed then low = middle + 1 else high = middle end
  end
  return low
end
