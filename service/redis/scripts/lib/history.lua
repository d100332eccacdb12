-- history.lua: the fleet's history. Its shortest step is ten seconds; a step is named by how many of them have passed since 1970. What is
-- being counted stands in the hash `historynow`:
--   step       the last step that was written; the one after it is being counted
--   accepted, coalesced, delivered, deadLettered    what the counters of I8 were when it was written
--   failed     failed attempts since then
--   0:<bucket>, 1:<bucket>, 5:<bucket>   how many lags of deliveries fell into that bucket (history/lag_buckets.cpp) in the step, in the
--              minute, and in the five minutes that are being counted
--   minute, five    which minute and which five minutes since 1970 these are
-- What was written stands in the hash `history`, in pieces of an hour since 1970. A <varint> has seven bits of the number in each byte, the
-- lowest first, and the high bit in all but the last one. A <lag> is a byte: the bucket + 1, or 0 when nothing was delivered.
--   t<hour>    its steps: u16 place in the hour | <lag> p50 | <lag> p99 | <varint> each: accepted, coalesced, delivered, failed,
--              deadLettered, oldest age of what was due (ms), depth of all queues; the latter two at the end of the step
--   m<hour>    its minutes that had deliveries: u8 minute | <lag> p50 | <lag> p99
--   h<hour>    the distribution of the lags of five minutes: u8 place in the hour | u8 buckets | per bucket: u8 its number, <varint> count
-- `redis/history_codec.cpp` reads it. A week takes at most 2.8 MB: when every number has the most bytes that it can have, and the lags of every
-- five minutes fall into all buckets.
local STEP_MS, STEPS_PER_HOUR, HOURS_KEPT, LAST_BUCKET = 10000, 360, 168, 119

-- Returns the step that was written last; nil when nobody can tell. One that is far ahead was written by a clock that was wrong, or is
-- damage: counting begins anew.
local function lastStepIn(found, now)
  local last = found and isWhole(found) and tonumber(found)
  return last and last <= math.floor(now / STEP_MS) + STEPS_PER_HOUR and last or nil
end
