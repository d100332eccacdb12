-- poison.lua: when a message counts as poisoned, and what letters and alerts say about it.

-- How many leases in a row must be lost. A process may end for reasons of its own while it holds a lease, and that may happen twice; three
-- times, the last time while it did nothing else, is the message's doing.
local POISON_LOSSES = 3
local POISON_SENTENCE = 'the process that sent it ended, three times in a row'
