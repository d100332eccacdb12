-- subscription.lua: what a mailbox takes. Field `subs` of its state, and of its stored registration (lib/registration.lua):
--   byte version 1 | then per subscription, by bit and then by scope: u32 bit of the change type | u64 since | u16+scope   (big-endian)
-- It takes the events of that change type with a higher sequence than `since`, which have that scope; an empty scope: any, and none.

-- A mailbox has no more of them, so that what scripts read of it stays small. Nothing else knows these numbers.
local MOST_SUBSCRIPTIONS, MOST_SUBSCRIPTION_BYTES = 1000, 60000
local subscriptionTools

-- Returns functions, made when a call first needs them: most endpoints are no mailboxes.
local function subscriptions()
  if subscriptionTools then return subscriptionTools end
  local ONE, HEAD = '>I4I8Hc0', 14

  -- Returns them as a list, with the packed form as `packed` and by their bits as `by`; nil when they cannot be read.
  local function read(packed)
    if string.byte(packed) ~= 1 then return nil end
    local list, at = {packed = packed, by = {}}, 2
    while at <= #packed do
      if at + HEAD - 1 > #packed or at + HEAD - 1 + struct.unpack('>H', packed, at + HEAD - 2) > #packed then return nil end
      local one = {}
      one.bit, one.since, one.scope = struct.unpack(ONE, packed, at)
      local of = list.by[one.bit] or {scoped = {}}
      list.by[one.bit] = of
      if one.scope == '' then of.any = one.since else of.scoped[one.scope] = one.since end
      list[#list + 1] = one
      at = at + HEAD + #one.scope
    end
    return list
  end

  local function pack(list)
    local parts = {'\1'}
    for i, one in ipairs(list) do parts[i + 1] = struct.pack(ONE, one.bit, one.since, #one.scope, one.scope) end
    return table.concat(parts)
  end

  -- Returns all bits together.
  local function mask(list)
    local bits = 0
    for _, one in ipairs(list) do bits = bit.bor(bits, one.bit) end
    return bits
  end

  -- Whether one of them takes an event of this bit and sequence (nil: whenever it was accepted), and with these facts (lib/facts.lua).
  local function takes(list, changeType, sequence, known)
    local of, at = list.by[changeType], sequence or math.huge
    if not of then return false end
    if of.any and of.any < at then return true end
    local scope = string.match(known, '\255s([^\255]*)\255')
    local since = scope and of.scoped[scope]
    return since ~= nil and since < at
  end

  subscriptionTools = {read = read, pack = pack, mask = mask, takes = takes}
  return subscriptionTools
end
