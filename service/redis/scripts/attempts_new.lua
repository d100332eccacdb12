-- attempts_new.lua: what the attempt logs of endpoints got since they were read last.
-- KEYS  per endpoint: attempts a (list)
-- ARGV  per endpoint: 1 the newest attempt that is known, "" when none is  2 most attempts
-- Reply per endpoint {attempt…}, the newest first, without the known one and what is older.
-- O(endpoints + attempts). 1,000 logs of which none has changed took 3 to 7 ms beside a busy build, 100 attempts of each of 10 logs 0.3 ms;
-- AttemptFeedStore asks for 500 attempts at most. Reads only.
--@include lib/types.lua
--@include lib/reading.lua
if #ARGV ~= 2 * #KEYS then return redis.error_reply('LULLARG attempts_new') end
local reply = {}
for i, key in ipairs(KEYS) do
  local known, most = ARGV[2 * i - 1], tonumber(ARGV[2 * i])
  if not most or most < 1 then return redis.error_reply('LULLARG attempts_new') end
  local logged = ask('list', 'LRANGE', key, 0, most - 1)
  if misread then return misread end
  local new = {}
  for at, attempt in ipairs(logged) do
    if attempt == known then break end
    new[at] = attempt
  end
  reply[i] = new
end
return reply
