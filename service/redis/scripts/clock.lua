-- clock.lua: gives the fleet's time, and renews the caller's sign of life (lib/sign.lua). The boot-time clocks of the callers carry the time
-- on, so it never decreases and never leaps. It approaches the server's time by 5 % of the time that has passed, at most 50 ms a call. So a
-- step of the server's clock is evened out slowly ("slewed"), in either direction.
-- KEYS  1 meta (hash)  2 signs of life (zset)
-- ARGV  1 the server's time, ms since 1970; "" to ask the server, which is what callers do: a time read elsewhere would be old on arrival
--       2 id of this boot of the caller's machine  3 its boot-time clock, ms
--       4 whose pace the time follows: "boot"; or "server" when the boot-time clock gains on the server's with every call and so cannot
--       be relied on
--       5-7 what the caller knows from its previous call, each "" in its first call: the fleet's time, the server's time and the
--       boot-time clock of one moment
--       8 the caller's sign as an earlier reply gave it, "" when it has none  9 its nonce, for a new one  10 how long a sign is valid, ms
-- Reply {the fleet's time, ms; the server's time, ms; how much of it this call has slewed, ms; 1 while a step is unconfirmed, else 0;
--        the caller's sign, "" when no slot is free; 1 while nobody may take leases over, else 0; in how many ms the next sign of another
--        process runs out unless it is renewed (-1: none); then the signs that have run out}
-- The first call of a process uses the record of the last caller that carried the time on by its boot-time clock, if that ran in the same
-- boot of the same machine. Otherwise nobody can tell how much time has passed: up to an hour is believed of the server's clock. A longer
-- step is unconfirmed: the fleet's time goes on from where it was, and leaps when the step has stood for 10 minutes. A caller that ran
-- while the clock stepped knows of the step; the time does not leap then. All callers stay together: a caller that is behind the time that
-- another one got since is moved up to that (its first answer took long, or it was stopped while the others slewed). Otherwise a window
-- that it opens would be overdue for the others at once.
-- A caller whose sign is no longer there was taken over (takeover.lua), and gets a new slot. Slots are given out in turn, so a number comes
-- back late. For one TTL after Redis was restarted, or its clock was set as far as a caller can tell, nobody may take leases over: other
-- processes may be alive and have had no chance to renew their signs.
-- Fields of meta: clockLast, the latest time given; clockRaw, the server's time at that moment; clockOwn, the latest time that a caller
-- carried on by its boot-time clock, as "<boot-time clock> <fleet's time> <server's time> <boot id>"; clockDoubt, the fleet's time when the
-- unconfirmed step was first seen; signSlot, the slot given out last; signRun, the run id of Redis that the signs are of; signHeld, until
-- when nobody may take leases over.
-- O(processes). Works at maxmemory (its first write is a HDEL).
--@include lib/types.lua
--@include lib/lease.lua
--@include lib/sign.lua
-- CONFIRMED_AFTER is ten minutes plus 5 %, because the fleet's time, in which it is counted, is slewed forward meanwhile.
local HOUR, CONFIRMED_AFTER, SLEW, MOST, ROUNDING = 3600000, 630000, 0.05, 50, 2
-- A difference between the server's clock and the caller's that no call under way explains, in ms.
local STEP = 500
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'zset'})
if wrong then return wrong end
local sign, nonce, ttl = ARGV[8], ARGV[9], tonumber(ARGV[10])
local boot, known = tonumber(ARGV[3]), ARGV[5] ~= ''
local before = known and {fleet = tonumber(ARGV[5]), raw = tonumber(ARGV[6]), boot = tonumber(ARGV[7])}
local pace = string.match(ARGV[4] or '', '^boot$') or string.match(ARGV[4] or '', '^server$')
if #ARGV ~= 10 or not (boot and pace and ttl) or (known and not (before.fleet and before.raw and before.boot)) then
  return redis.error_reply('LULLARG clock')
end
local raw = tonumber(ARGV[1])
if ARGV[1] == '' then
  local time = redis.call('TIME')
  raw = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
if not raw then return redis.error_reply('LULLARG time') end

-- A field that holds no number counts as missing, so the clock goes on whatever has happened to its record.
local kept = redis.call('HMGET', KEYS[1], 'clockLast', 'clockRaw', 'clockDoubt', 'signSlot', 'signHeld', 'clockOwn', 'run', 'signRun')
for i = 1, 5 do kept[i] = #(kept[i] or '') < 16 and tonumber(string.match(kept[i] or '', '^%d+$') or '') or nil end
local last, lastRaw, doubt = kept[1], kept[2], kept[3]
local ownBoot, ownFleet, ownRaw, ownBootId = string.match(kept[6] or '', '^(%d+) (%d+) (%d+) (.+)$')
if not before and last and ownBootId == ARGV[2] and #ownBoot < 16 and #ownRaw < 16 and tonumber(ownFleet) <= last then
  before = {fleet = tonumber(ownFleet), raw = tonumber(ownRaw), boot = tonumber(ownBoot)}
end
if before and boot < before.boot then before = nil end

local now, passed, stepped = raw, 0, false
if before then
  local served = raw - before.raw
  passed = boot - before.boot
  -- This caller has seen the server's clock step, away or back, so nothing about the step is in doubt.
  if math.abs(served - passed) > HOUR / 2 then doubt = nil end
  stepped = pace == 'boot' and math.abs(served - passed) > STEP
  if pace == 'server' and served >= 0 and served < passed then passed = served end
  now = before.fleet + passed
elseif last then
  local away = raw - (lastRaw or raw)
  if away >= 0 and away <= HOUR then passed = away else doubt = away > HOUR and last or nil end
  now, stepped = last + passed, passed ~= away
end
local most = math.min(math.floor(passed * SLEW), MOST)
local slewed = math.max(-most, math.min(raw - now, most))
local own = now + slewed
now = math.max(own, last or 0)
-- The time is at least the one that another caller got last, carried on by the server's clock. That holds only when the server's clock
-- has not stepped since, as far as this caller can tell. A caller that slews back may have been ahead of the others by as much as that.
if known and before and last and lastRaw and lastRaw >= before.raw and lastRaw <= raw and math.abs(raw - before.raw - passed) <= MOST then
  now = math.max(now, last + raw - lastRaw - (slewed < 0 and MOST or ROUNDING))
end
local leaps = doubt and now - doubt >= CONFIRMED_AFTER
if leaps then now, doubt, stepped = math.max(now, raw), nil, true end

redis.call('HDEL', KEYS[1], leaps and 'clockOwn' or '')
redis.call('HSET', KEYS[1], 'clockLast', text(now), 'clockRaw', text(raw))
-- A boot-time clock is recorded only with a time that was carried on by it, because then both belong to one moment. Any other time is that
-- of the server now, and the call may have been under way for long since the caller read its clock.
if before and now == own and not leaps then
  redis.call('HSET', KEYS[1], 'clockOwn', text(boot) .. ' ' .. text(now) .. ' ' .. text(raw) .. ' ' .. ARGV[2])
end
if doubt then redis.call('HSET', KEYS[1], 'clockDoubt', text(doubt)) elseif kept[3] then redis.call('HDEL', KEYS[1], 'clockDoubt') end

local signs, used, gone, soonest, mine = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES'), {}, {}, -1, ''
for i = 1, #signs, 2 do
  local member, left = signs[i], tonumber(signs[i + 1]) - now
  -- Nobody can have written that; without this, it would never run out.
  if left > 2 * ttl then
    left = ttl
    redis.call('ZADD', KEYS[2], text(now + ttl), member)
  end
  used[slotOfSign(member) or 0] = true
  if member == sign then
    mine = sign
  elseif left <= 0 then
    gone[#gone + 1] = member
  elseif soonest < 0 or left < soonest then
    soonest = left
  end
end
if mine == '' then
  local slot = kept[4] or 0
  for _ = 1, SLOTS - 1 do
    slot = slot % (SLOTS - 1) + 1
    if not used[slot] then
      mine = text(slot) .. ':' .. nonce
      redis.call('HSET', KEYS[1], 'signSlot', text(slot))
      break
    end
  end
end
if mine ~= '' then redis.call('ZADD', KEYS[2], text(now + ttl), mine) end
local held = kept[5] and kept[5] > now and kept[5] <= now + 2 * ttl
if stepped or (kept[7] and kept[7] ~= kept[8]) then
  held = true
  redis.call('HSET', KEYS[1], 'signHeld', text(now + ttl), 'signRun', kept[7] or '')
elseif kept[5] and not held then
  redis.call('HDEL', KEYS[1], 'signHeld')
end
local reply = {now, raw, slewed, doubt and 1 or 0, mine, held and 1 or 0, soonest}
for i = 1, #gone do reply[7 + i] = gone[i] end
return reply
