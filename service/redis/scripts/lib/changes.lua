-- changes.lua: what changed last, and when: an index with one entry per item key, from which replays are made (replay_move.lua).
--   changes   list: windows that have fired and are not yet in the index. For each call of fire.lua that fired some, first an element
--             byte version 1 | u56 when they fired | u32 how many | their item keys, each but the last followed by 255   (big-endian)
--             and then the packed windows (lib/window.lua), one element each
--   changed   hash: item key → the entry of its latest window:
--             byte version 1 | byte operation: 1 create, 2 update, 4 delete; 64: `occurred` and `winSeq` follow | u64 upto | u48 fired | u48 last
--             | if they follow: i64 occurred, u64 winSeq; else they are `last` and `upto` | u16+event type | base id, packed   (big-endian)
-- fire.lua only appends to the list, in the step in which windows fire: that costs it a tenth of what the entries would. changes_fold.lua, and each
-- script that needs the index as it is now, move the list into the hash (lib/change_index.lua). So the two together are complete at any moment.
-- `fired` is in order over all replicas (`lastFire` of the meta hash). `last` is when the latest event was accepted. Of a payload the index keeps
-- base id, operation and event type (redis/message_codec.cpp); neither data nor scope nor changed fields.
-- Since when the index is complete, ms, is the field `changedFrom` of the meta hash: what changed before may be missing.

-- A window with more bytes is noted without what the index does not keep.
local MOST_NOTED = 200

-- Returns when something fires that does so now: in order over all replicas, whose clocks differ a little. A time that is further ahead is no
-- such difference but damage.
local function firesAt(now, lastFire) return lastFire < now + 60000 and math.max(now, lastFire) or now end

local shortened
-- Returns a packed window without what the index does not keep. The functions for that are made when a call first needs them.
local function shorten(w)
  if not shortened then
--@include lib/change_payload.lua
    shortened = function(window)
      local eventType, operation, base = factsOfChange(window.payload)
      return packWindow({first = window.first, last = window.last, firstSeq = window.firstSeq, upto = window.upto, events = window.events,
        occurred = window.occurred, winSeq = window.winSeq, facts = '', trace = '',
        payload = eventType and payloadOfChange(eventType, operation, base) or ''})
    end
  end
  return shortened(w)
end

-- Notes windows that fire, in the order of `keys`: their packed forms, and what readWindow returned of them.
local function noteChanges(list, keys, packed, windows, fired)
  if #keys == 0 then return end
  for i = 1, #packed do
    if #packed[i] > MOST_NOTED then packed[i] = shorten(windows[i]) end
  end
  redis.call('RPUSH', list, struct.pack('>BI7I4', 1, fired, #keys) .. table.concat(keys, '\255'))
  callAll('RPUSH', list, packed)
end
