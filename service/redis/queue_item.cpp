#include "queue_item.hpp"

#include "reply_reader.hpp"

#include <algorithm>
#include <utility>

namespace lull::redis {

using ports::QueueItem;
using ports::QueueItemState;

namespace {

QueueItemState stateOf(const QueueEntry& entry, QueueSet set) {
  if (entry.stored.leased) return QueueItemState::InFlight;
  if (set == QueueSet::SetAside) return QueueItemState::SetAside;
  if (set == QueueSet::Behind) return QueueItemState::Behind;
  return entry.stored.message.attempts > 0 ? QueueItemState::Retrying : QueueItemState::Waiting;
}

}  // namespace

QueueItem queueItem(QueueEntry entry, QueueSet set, const std::optional<Instant>& opens) {
  QueueItem item;
  item.state = stateOf(entry, set);
  const bool isDue = item.state != QueueItemState::InFlight && item.state != QueueItemState::Behind;
  if (isDue && opens) item.nextAttemptAt = std::max(instantOfScore(entry.position.score), *opens);
  if (!entry.history.empty()) {
    item.lastCode = entry.history.back().code;
    item.lastError = entry.history.back().sentence;
    item.lastResult = entry.history.back().result;
  }
  item.message = std::move(entry.stored.message);
  return item;
}

}  // namespace lull::redis
