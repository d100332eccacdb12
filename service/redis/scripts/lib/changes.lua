-- changes.lua: what changed last, and when: an index with one entry per item key, from which replays are made (replay_move.lua).
--   changed   hash: item key → the entry of its latest window, which fire.lua writes in the step in which the window fires:
--             byte version 2 | byte form | u56 fired | u64 last | u64 upto | the rest by its form:   (big-endian)
--             0: u16+facts | u16+trace | u32+payload   1: i64 occurred | u64 winSeq, and then as 0   2: payload, as facts and trace are empty
--             Where occurred and winSeq do not stand they are `last` and `upto`.
-- From `last` on these are parts of the packed window (lib/window.lua) as they stand there: to cut them out costs a fraction of what packing
-- them would. `fired` is in order over all replicas (`lastFire` of the meta hash). `last` is when the latest event was accepted. Of the rest
-- replays use base id, operation and event type (redis/message_codec.cpp); data, scope and changed fields are there only in small windows,
-- and nothing uses them.
-- Since when the index is complete, ms, is the field `changedFrom` of the meta hash: what changed before may be missing.

-- Returns when something fires that does so now: in order over all replicas, whose clocks differ a little. A time that is further ahead is no
-- such difference but damage.
local function firesAt(now, lastFire) return lastFire < now + 60000 and math.max(now, lastFire) or now end
