#include "endpoint_removal.hpp"

#include <lull/redis/keys.hpp>

namespace lull::redis {

Result<std::int64_t> removeEndpoint(Shard& shard, const EndpointId& id, const Removal& removal) {
  const auto& keys = shard.keys();
  auto reply = shard.run(
      "endpoint_remove", {keys.meta(),         keys.registrations(), keys.wakeIndex(),   keys.counters(),
                          keys.queue(id),      keys.messages(id),    keys.leases(id),    keys.state(id),
                          keys.history(id),    keys.attempts(id),    keys.letters(id),   keys.deletedNames(),
                          keys.behind(id),     keys.heads(id),       keys.setAside(id),  keys.attemptCounts(id),
                          keys.mailboxNames(), keys.mailboxCalls(),  keys.unlockIndex(), keys.mailed(),
                          keys.queueOwners()},
      {id, removal.version, removal.epitaph, std::to_string(millisOf(shard.now())), removal.whose, removal.idleSince});
  if (!reply) return reply.error();
  return reply->integer;
}

}  // namespace lull::redis
