#pragma once

#include "message_codec.hpp"
#include "scan.hpp"

#include <lull/redis/store.hpp>

#include <functional>
#include <vector>

namespace lull::redis {

/// One message as the queue's walk sees it.
struct QueueEntry {
  StoredMessage stored;
  std::vector<AttemptRecord> history;  ///< failed attempts, oldest first
  Instant score;                       ///< due, or expiry of the lease
};

struct QueueChunk {
  std::vector<QueueEntry> entries;
  Position next;
  bool last = false;
};

enum class QueueSet { Leases, Waiting };

/// One run of an endpoint's queue in the order of one of its sorted sets.
Result<QueueChunk> readQueue(Store& store, const EndpointId& id, QueueSet set, const Position& from);

/// Cancels every message (waiting or leased, with its successor) that `matches`; returns how many keys had one.
Result<std::uint64_t> purgeQueue(Store& store, Instant now, const EndpointId& id,
                                 const std::function<bool(const QueueEntry&)>& matches);

}  // namespace lull::redis
