-- registry.lua: lists the endpoints, or reads their registrations with version and pause.
-- KEYS  1 meta (hash)  2 registrations (hash)  then, to read registrations: the state s (hash) of each id
-- ARGV  1 revision that the caller has, "" for none  then the id of each state key
-- Reply without state keys: {revision, born, id…}, or only {revision, born} when the revision is the caller's.
--       With state keys: {revision, born, then per endpoint that exists: id, blob, version, reason of its pause or "", mask or "", lanes or ""
--       (4: sync, 5: mailbox), when it turned (fire.lua) or ""}.
-- `born` is when the store was begun. When it differs from what the caller knows, the store was emptied meanwhile.
-- O(endpoints). Reads only.
--@include lib/types.lua
local wrong = wrongType({KEYS[1], 'hash', KEYS[2], 'hash'})
if wrong then return wrong end
if #ARGV ~= math.max(#KEYS - 1, 1) then return redis.error_reply('LULLARG registry') end
local revision = redis.call('HGET', KEYS[1], 'rev') or '0'
local reply = {revision, redis.call('HGET', KEYS[1], 'born') or ''}
if #KEYS == 2 then
  if revision == ARGV[1] then return reply end
  local ids = redis.call('HKEYS', KEYS[2])
  for i = 1, #ids do reply[i + 2] = ids[i] end
  return reply
end
for i = 3, #KEYS do
  wrong = wrongType({KEYS[i], 'hash'})
  if wrong then return wrong end
  local id = ARGV[i - 1]
  local blob = redis.call('HGET', KEYS[2], id)
  if blob then
    local state = redis.call('HMGET', KEYS[i], 'version', 'paused', 'mask', 'lanes', 'turned', 'sync', 'mailbox')
    local n = #reply
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4], reply[n + 5], reply[n + 6], reply[n + 7] = id, blob, state[1] or '0', state[2] or '',
      state[3] or '', state[7] == '1' and '5' or state[6] == '1' and '4' or state[4] or '', state[5] or ''
  end
end
return reply
