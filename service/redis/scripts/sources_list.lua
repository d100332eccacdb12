-- sources_list.lua: what is known of sources.
-- KEYS  1 sources (hash)
-- ARGV  the names
-- Reply per name: state, ran, error, admitted, failures, aside, oldest (lib/source.lua), "-" in place of a missing `oldest`.
-- O(names). Reads only.
--@include lib/types.lua
--@include lib/source.lua
local wrong = wrongType({KEYS[1], 'hash'})
if wrong then return wrong end
local reply = {}
for _, name in ipairs(ARGV) do
  for _, what in ipairs({'state', 'ran', 'error', 'admitted', 'failures', 'aside'}) do reply[#reply + 1] = sourceField(KEYS[1], name, what) end
  reply[#reply + 1] = redis.call('HGET', KEYS[1], name .. '|oldest') or '-'
end
return reply
