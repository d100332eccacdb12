-- source.lua: sources, which bring events from elsewhere. Hash `sources`, fields "<name>|<what>"; a name holds no "|":
--   lease        "<until ms>|<token>" of the process that works for it
--   asked        how often somebody has asked for a run
--   state        waiting, running or failing
--   ran error    when its last run ended, ms; the sentence of that run's error, or ""
--   admitted failures aside    counts
--   oldest       since when the oldest row or message waits, ms; "" when none does; missing when nobody knows

-- Returns a field of a source; "" when it is missing.
local function sourceField(sources, name, what) return redis.call('HGET', sources, name .. '|' .. what) or '' end

-- Returns a count of a source; one that is no number begins anew.
local function sourceCount(sources, name, what)
  local found = sourceField(sources, name, what)
  return isWhole(found) and tonumber(found) or 0
end

-- Returns until when a source is held, and by which token; nil when by nobody.
local function sourceHolder(sources, name) return string.match(sourceField(sources, name, 'lease'), '^(%d+)|(.*)$') end
