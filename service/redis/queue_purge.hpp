#pragma once

#include "queue_walk.hpp"

#include <functional>

namespace lull::redis {

/// Which messages purgeQueue() cancels.
struct PurgeChoice {
  std::function<bool(const QueueEntry&)> matches;
  /// Cancels only the message that matched, by its webhook-id: its successor stays and becomes waiting. Otherwise the
  /// successor, which has the same key, is cancelled with it.
  bool messageOnly = false;
  /// Cancels only messages of bits that the endpoint is not subscribed to at that moment.
  bool unsubscribedOnly = false;
};

/// Cancels messages that were there when the call began; returns how many keys had one. Newer content, and messages
/// queued meanwhile, stay.
Result<std::uint64_t> purgeQueue(Shard& shard, const EndpointId& id, const PurgeChoice& choice);

}  // namespace lull::redis
