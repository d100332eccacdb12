#pragma once

#include "cursor.hpp"
#include "message_codec.hpp"

#include <lull/redis/shard.hpp>

#include <string>
#include <vector>

namespace lull::redis {

/// A message as a walk over the queue sees it.
struct QueueEntry {
  StoredMessage stored;
  std::vector<AttemptRecord> history;  ///< failed attempts, oldest first
  Position position;                   ///< in the set that was walked; unset by readMessages()
};

struct QueueChunk {
  std::vector<QueueEntry> entries;
  Position next;
  bool last = false;
};

/// The sorted sets of a queue, in the order in which a list shows them.
enum class QueueSet { Leases, SetAside, Waiting, Behind };

/// Reads one piece of an endpoint's queue in the order of one of its sorted sets.
Result<QueueChunk> readQueue(Shard& shard, const EndpointId& id, QueueSet set, const Position& from);

struct MessageChunk {
  std::vector<QueueEntry> entries;
  std::string cursor = "0";  ///< "0" after the last piece
};

/// Reads one piece of an endpoint's messages in no order, without successors. A walk sees every message that exists
/// from its beginning to its end, whether it waits or is leased meanwhile, and may see one twice.
Result<MessageChunk> readMessages(Shard& shard, const EndpointId& id, const std::string& cursor);

}  // namespace lull::redis
