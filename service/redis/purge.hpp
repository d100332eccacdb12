#pragma once

#include "queue_walk.hpp"

#include <functional>

namespace lull::redis {

/// What purgeQueue() cancels of a queue.
struct PurgeChoice {
  std::function<bool(const QueueEntry&)> matches;
  /// Only the message that matched, under its webhook-id: its successor stays, and becomes waiting. Otherwise the
  /// successor, which is of the same key, goes too.
  bool messageOnly = false;
  /// Only what waits for a bit that the endpoint is not subscribed to when it comes to that.
  bool unsubscribedOnly = false;
};

/// Cancels messages that were there when it began; returns how many keys had one. Newer content, and what is queued
/// meanwhile, stays.
Result<std::uint64_t> purgeQueue(Shard& shard, const EndpointId& id, const PurgeChoice& choice);

}  // namespace lull::redis
