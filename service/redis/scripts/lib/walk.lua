-- walk.lua: finds where a walk over a sorted set continues. A place is (score, member): the walk has seen everything up to it.

-- Compares in the order of bytes, in which Redis sorts members of the same score. Lua's own `<` follows the locale of the server.
local function bytesBefore(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- Returns the rank, in the direction of the walk, of the first member behind the place. An empty member means the place before all members
-- of its score. O(log n), or O(log² n) when the member was removed, however many members share its score.
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
