-- types.lua: refuses keys of a wrong type before a script's first write, so that no script stops half-way. And what a newer
-- schema stands for: a process that was started before it must not read, and write back, what it does not know.
local SCHEMA = 1

-- Each pair is {key, wanted type}. Returns an error reply, or nil when all fit (a missing key fits every type). The schema is
-- looked at where the first key is the meta hash; in any other hash there is no such field.
local function wrongType(pairs)
  for i = 1, #pairs, 2 do
    local found = redis.call('TYPE', pairs[i]).ok
    if found ~= 'none' and found ~= pairs[i + 1] then
      return redis.error_reply('LULLTYPE ' .. pairs[i] .. ' is a ' .. found .. ', expected a ' .. pairs[i + 1])
    end
  end
  if pairs[1] ~= KEYS[1] or pairs[2] ~= 'hash' then return end
  local schema = redis.call('HGET', KEYS[1], 'schema')
  if schema and tonumber(schema) > SCHEMA then return redis.error_reply('LULLSCHEMA ' .. schema) end
end

-- Integers as text: tostring() would write large ones with an exponent.
local function text(number) return string.format('%.0f', number) end
