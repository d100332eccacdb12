-- group.lua: dead letters grouped by their causes. One sorted set holds all letters, with all scores 0, so its members stand in the order
-- of their bytes:
--   <endpoint>|<cell>|<deadAt ms, 15 digits>|<number of the letter>|<key>
--   cell: reason (1 digit), last status (5), class of failure (2), superseded 0|1, bit of the change type (10)
-- A cell is the smallest group that anybody asks for; every other one is a sum of cells. How many letters a cell has, and which are the first
-- and the last of them, are answered in O(log letters), and the next cell is found by stepping over all members of this one. So there is no
-- count that could drift, and no list of groups: a member is all that a script which moves a letter has to write.
-- The first 8 digits of a cell are the cause. A status says more than a class, so with a status the class counts as 00.

local function causeOf(reason, status, class) return string.format('%01d%05d%02d', reason, status, status > 0 and 0 or class) end

-- Returns the member of a letter. `d` holds number, reason, status, class, deadAt, supersededAt, and the packed message.
local function groupMember(id, key, d)
  return string.format('%s|%s%d%010.0f|%015.0f|%.0f|%s', id, causeOf(d.reason, d.status, d.class), d.supersededAt > 0 and 1 or 0,
    bitIn(key, d.message), d.deadAt, d.number, key)
end

-- The range of all members that begin with `prefix` and a bar: from '[' .. prefix .. '|' to behindAll(prefix).
local function behindAll(prefix) return '(' .. prefix .. '}' end

-- Returns endpoint and cell as one text, time of death, number, and key of a member; nil when it is none.
local function partsOfMember(member)
  local id, cell, died, number, key = string.match(member, '^([^|]+)|(%d+)|(%d+)|(%d+)|(.+)$')
  if not id or #cell ~= 19 or #died ~= 15 or #number > 16 then return nil end
  return id .. '|' .. cell, died, number, key
end

-- Calls `visit(cell, first member)` for the cells of an endpoint, or of all ("") from the place `from` on, until it returns true. Members
-- that are none are stepped over. Each step is O(log letters).
local function eachCell(groups, id, from, visit)
  local behind = id == '' and '+' or behindAll(id)
  local low = from ~= '' and behindAll(from) or (id == '' and '-') or '[' .. id .. '|'
  while true do
    local first = redis.call('ZRANGEBYLEX', groups, low, behind, 'LIMIT', 0, 1)[1]
    if not first then return end
    local cell = partsOfMember(first)
    if visit(cell, first) then return end
    low = cell and behindAll(cell) or '(' .. first
  end
end

-- Removes the member of a letter that cannot be read any more. Only its key is known, and when it died ("" when even that is lost: the
-- audit of letters finds the member then). O(cells of the endpoint · log letters).
local function dropUnreadable(groups, id, key, deadAt)
  if not deadAt then return end
  local found
  eachCell(groups, id, '', function(cell)
    if not cell then return false end
    local prefix = string.format('%s|%015.0f', cell, timeOf(deadAt))
    for _, member in ipairs(redis.call('ZRANGEBYLEX', groups, '[' .. prefix .. '|', behindAll(prefix))) do
      local _, _, _, of = partsOfMember(member)
      if of == key then found = member end
    end
    return found
  end)
  if found then redis.call('ZREM', groups, found) end
end
