-- notices.lua: the sentences of alerts about an endpoint: what happened, and what an operator can do. When a channel pauses an endpoint,
-- the sentence comes from the channel instead. Errors of receivers were redacted before they reached Redis (net/redaction.cpp).
--@include lib/poison.lua
local function lastErrorIs(message) return message ~= '' and ' Last error: ' .. message or '' end

local function openNotice(failures, message)
  return (failures == 1 and 'An attempt' or text(failures) .. ' attempts in a row') .. ' failed: its breaker is open, and one notification '
    .. 'at a time is tried until the receiver answers again; all others wait.' .. lastErrorIs(message) .. ' Look after the receiver; queue/retry of all tries again at once.'
end

local function fullNotice(mostLetters)
  return 'Paused: it has as many dead letters as DeadLetters:MaxPerEndpoint allows (' .. text(mostLetters) .. '). Its queue is kept. '
    .. 'Retry or purge dead letters, then enable it.'
end

-- What each reason of a letter means (lib/letter.lua).
local DEATHS = {[0] = 'all its attempts failed', 'the receiver refuses it for good', 'it was older than Delivery:MaxAge',
  POISON_SENTENCE}

local function missedNotice(mostMessages, mostBytes)
  local function cap(number) return number < 9007199254740992 and text(number) or 'any' end
  return 'Paused: it has as many notifications queued as Delivery:MaxQueued (' .. cap(mostMessages) .. ') and Delivery:MaxQueuedBytes ('
    .. cap(mostBytes) .. ') allow, and misses what comes. What it has missed stands in its view. Enable it when its receiver is back: it takes '
    .. 'events again once its queue is a tenth shorter. Purging a part of its queue, or a higher limit, makes room at once.'
end

local function queueFullNotice()
  return 'Paused: its queue is full, and is kept. The alert "missed" of this endpoint says what bounds it and counts what it does not get. '
    .. 'Enable it when its receiver is back.'
end

local function blockedNotice(reason, message)
  return 'Paused: the first notification of its lane would have become a dead letter (' .. (DEATHS[reason] or 'it could not be delivered')
    .. '), and onFailure is stop. Everything behind it waits.' .. lastErrorIs(message)
    .. ' Mend the cause and retry its queue, or purge that notification and enable the endpoint.'
end

local function letterNotice(reason, message, why)
  return 'A notification became the first dead letter of this endpoint: ' .. (why or DEATHS[reason] or 'it could not be delivered') .. '.'
    .. lastErrorIs(message) .. ' Mend the cause, then retry or purge its dead letters.'
end
