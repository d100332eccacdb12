-- queue_owner.lua: a queue of a broker is that of one endpoint. The hash `owners` has its digest → id; the field `queue` of the endpoint's
-- state has the digest, so that it can be given back.

-- Whether another endpoint has the queue. One that is gone has none.
local function isOthers(owners, registrations, digest, id)
  local owner = digest ~= '' and redis.call('HGET', owners, digest)
  return owner and owner ~= id and redis.call('HEXISTS', registrations, owner) == 1
end

local function giveQueueBack(owners, state, id)
  local digest = redis.call('HGET', state, 'queue')
  if digest and redis.call('HGET', owners, digest) == id then redis.call('HDEL', owners, digest) end
end

-- Makes the queue that of the endpoint, and gives back what it had before; '' is none. Nobody else has it (isOthers).
local function ownQueue(owners, state, digest, id)
  giveQueueBack(owners, state, id)
  if digest == '' then return redis.call('HDEL', state, 'queue') end
  redis.call('HSET', owners, digest, id)
  redis.call('HSET', state, 'queue', digest)
end
