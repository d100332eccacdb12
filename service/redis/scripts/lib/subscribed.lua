-- subscribed.lua: which of the endpoints that a call names subscribe to a change type. An endpoint has its `mask` of bits.

-- Returns a function that returns them for a change type, in the order of `endpoints`.
local function subscribedOf(endpoints)
  local byBit = {}
  return function(changeType)
    if not byBit[changeType] then
      local list = {}
      for _, e in ipairs(endpoints) do
        if bit.band(e.mask, changeType) ~= 0 then list[#list + 1] = e end
      end
      byBit[changeType] = list
    end
    return byBit[changeType]
  end
end
