-- types.lua: refuses keys of a wrong type before a script's first write, so that no script stops half-way.

-- Each pair is {key, wanted type}. Returns an error reply, or nil when all fit (a missing key fits every type).
local function wrongType(pairs)
  for i = 1, #pairs, 2 do
    local found = redis.call('TYPE', pairs[i]).ok
    if found ~= 'none' and found ~= pairs[i + 1] then
      return redis.error_reply('LULLTYPE ' .. pairs[i] .. ' is a ' .. found .. ', expected a ' .. pairs[i + 1])
    end
  end
end

-- Integers as text: tostring() would write large ones with an exponent.
local function text(number) return string.format('%.0f', number) end
