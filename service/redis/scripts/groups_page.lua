-- groups_page.lua: cells of dead letters (lib/group.lua), in the order of their names.
-- KEYS  1 groups of dead letters (zset)
-- ARGV  1 the last cell seen, "" to begin  2 endpoint id, "" for all  3 most cells
-- Reply {the cell to go on behind, "" when there are no more, then per cell: name "<endpoint>|<19 digits>", letters, first deadAt ms, last
-- deadAt ms, number and key of the last letter}. O(cells · log letters). Reads only.
--@include lib/types.lua
--@include lib/message.lua
--@include lib/group.lua
local wrong = wrongType({KEYS[1], 'zset'})
if wrong then return wrong end
local most = tonumber(ARGV[3])
if not most then return redis.error_reply('LULLARG groups_page') end

-- Returns the parts of the last member of a cell. What is no member, after damage, is passed over; the audit of letters removes it.
local function lastOf(low, behind)
  local skipped = 0
  while true do
    local last = redis.call('ZREVRANGEBYLEX', KEYS[1], behind, low, 'LIMIT', skipped, 1)[1]
    local cell, died, number, key = partsOfMember(last or '')
    if cell or not last then return cell, died, number, key end
    skipped = skipped + 1
  end
end

local reply, looked, more = {''}, 0, ''
eachCell(KEYS[1], ARGV[2], ARGV[1], function(cell, first)
  looked = looked + 1
  if looked > most then
    reply[1] = more
    return true
  end
  -- What is no member, after damage, is stepped over; the audit of letters removes it.
  if not cell then return false end
  local low, behind = '[' .. cell .. '|', behindAll(cell)
  local _, firstDied = partsOfMember(first)
  local ofLast, lastDied, number, key = lastOf(low, behind)
  more = cell
  if not ofLast then return false end
  local n = #reply
  reply[n + 1], reply[n + 2] = cell, redis.call('ZLEXCOUNT', KEYS[1], low, behind)
  reply[n + 3], reply[n + 4], reply[n + 5], reply[n + 6] = firstDied, lastDied, number, key
  return false
end)
return reply
