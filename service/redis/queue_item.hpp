#pragma once

#include "queue_walk.hpp"

#include <lull/ports/queue_view.hpp>

#include <optional>

namespace lull::redis {

/// A message of a queue as operators see it. `set` is where it stands. `opens`: until when its endpoint starts no
/// attempt because it is parked or its breaker is open; absent while it is paused.
ports::QueueItem queueItem(QueueEntry entry, QueueSet set, const std::optional<Instant>& opens);

}  // namespace lull::redis
