#include "item_filter.hpp"
#include "packing.hpp"
#include "queue_item.hpp"
#include "queue_purge.hpp"
#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/queue_view_store.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

using ports::QueueItem;

bool matches(const ports::QueueFilter& filter, const QueueEntry& entry) {
  const auto& message = entry.stored.message;
  if (!matchesKey(filter, message.key)) return false;
  if (filter.code && (entry.history.empty() || entry.history.back().code != filter.code)) return false;
  return filter.ids.empty() || std::find(filter.ids.begin(), filter.ids.end(), message.id) != filter.ids.end();
}

// Until when the endpoint starts no attempt because it is parked or its breaker is open; nothing while it is paused,
// and of a mailbox, to which nothing is sent.
Result<std::optional<Instant>> opensAt(Shard& shard, const EndpointId& id) {
  auto reply = shard.call({"HMGET", shard.keys().state(id), "paused", "gate", "openUntil", "mailbox"});
  if (!reply) return reply.error();
  return readReply("The state of an endpoint", [&] {
    const ReplyItems items(*reply);
    if (items.at(0).kind == Reply::Kind::String || items.textOrEmpty(3) == "1") return std::optional<Instant>{};
    const auto millis = [&](std::size_t i) { return static_cast<std::int64_t>(unsignedOr0(items.textOrEmpty(i))); };
    return std::optional(instantOf(std::max(millis(1), millis(2))));
  });
}

}  // namespace

Result<Page<QueueItem>> QueueViewStore::list(const EndpointId& id, const ports::QueueFilter& filter,
                                             const PageRequest& page) {
  const auto known = endpoints_.find(id);
  if (!known) return known.error();
  const bool isMailbox = known->registration.isMailbox();
  constexpr int kStages = 4;  // the sets, in the order of QueueSet
  auto cursor = readCursor(page.cursor, Position{}, kStages);
  if (!cursor) return cursor.error();
  const auto opens = opensAt(shard_, id);
  if (!opens) return opens.error();
  Page<QueueItem> result;
  Cursor at = *cursor;
  for (std::size_t scanned = 0; scanned < kScanBudget; scanned += kScanChunk) {
    const auto set = static_cast<QueueSet>(at.stage);
    auto chunk = readQueue(shard_, id, set, at.position);
    if (!chunk) return chunk.error();
    for (auto& entry : chunk->entries) {
      if (!matches(filter, entry)) continue;
      if (result.items.size() == page.limit) {
        result.nextCursor = writeCursor(at);
        return result;
      }
      at.position = entry.position;
      result.items.push_back(queueItem(std::move(entry), set, *opens));
      auto& item = result.items.back();
      if (isMailbox && item.state == ports::QueueItemState::InFlight)
        item.lockedUntil = instantOfScore(at.position.score);
    }
    at.position = chunk->next;
    if (!chunk->last) continue;
    if (++at.stage == kStages) return result;
    at.position = Position{};
  }
  result.nextCursor = writeCursor(at);
  return result;
}

Result<std::uint64_t> QueueViewStore::retry(const EndpointId& id, const ports::QueueFilter& filter) {
  const auto known = endpoints_.find(id);
  if (!known) return known.error();
  // In a mailbox nothing waits for a time; its locks can be ended.
  const auto sets = known->registration.isMailbox() ? std::vector{QueueSet::Leases}
                                                    : std::vector{QueueSet::SetAside, QueueSet::Waiting};
  // The first call says whether the endpoint may be retried at all. It alone clears park and breaker, because they may
  // be set again meanwhile.
  bool first = true;
  std::uint64_t retried = 0;
  for (const auto set : sets) {
    Position position;
    for (bool last = false; !last;) {
      auto chunk = readQueue(shard_, id, set, position);
      if (!chunk) return chunk.error();
      auto made = makeDue(id, filter, *chunk, std::exchange(first, false));
      if (!made) return made.error();
      retried += *made;
      last = chunk->last;
      position = chunk->next;
    }
  }
  onReady_();
  return retried;
}

Result<std::uint64_t> QueueViewStore::makeDue(const EndpointId& id, const ports::QueueFilter& filter,
                                              const QueueChunk& chunk, bool first) {
  const auto& names = shard_.keys();
  std::vector<std::string> arguments{id, std::to_string(millisOf(shard_.now())), first && filter.empty() ? "1" : "0"};
  const auto withoutKeys = arguments.size();
  for (const auto& entry : chunk.entries) {
    if (!matches(filter, entry)) continue;
    arguments.push_back(entry.stored.key.packed());
    arguments.push_back(std::to_string(entry.stored.idSeq));
  }
  if (arguments.size() == withoutKeys && !first) return std::uint64_t{0};
  auto reply = shard_.run("queue_retry",
                          {names.meta(), names.wakeIndex(), names.queue(id), names.leases(id), names.state(id),
                           names.messages(id), names.setAside(id), names.mailed()},
                          arguments);
  if (!reply) return reply.error();
  constexpr std::int64_t kPausedByOperator = -3;
  if (reply->integer == kPausedByOperator) {
    return Error{ErrorCode::Conflict, "The endpoint was paused by an operator: set enabled to true first."};
  }
  return static_cast<std::uint64_t>(std::max<std::int64_t>(reply->integer, 0));
}

Result<std::uint64_t> QueueViewStore::purge(const EndpointId& id, const ports::QueueFilter& filter) {
  if (auto known = endpoints_.find(id); !known) return known.error();
  // A filter by id or status is about one message, and not about its successor under the same key.
  const bool messageOnly = !filter.ids.empty() || filter.code.has_value();
  auto purged =
      purgeQueue(shard_, id, {[&](const QueueEntry& entry) { return matches(filter, entry); }, messageOnly, false});
  if (purged && *purged > 0) onReady_();  // a successor may be waiting now
  return purged;
}

// The log is trimmed now and then, and so may hold a few more (lib/settling.lua).
constexpr int kAttemptsShown = 200;

Result<std::vector<AttemptRecord>> QueueViewStore::attempts(const EndpointId& id, const ports::AttemptFilter& filter) {
  if (auto known = endpoints_.find(id); !known) return known.error();
  const auto key = shard_.keys().attempts(id);
  auto reply = shard_.call({"LRANGE", key, "0", std::to_string(kAttemptsShown - 1)});
  if (!reply) return reply.error();
  std::vector<AttemptRecord> attempts;
  for (const auto& item : reply->items) {
    try {
      auto attempt = readAttempt(item.text, id);
      if (filter.outcome && *filter.outcome != outcomeWord(attempt)) continue;
      if (filter.itemId && *filter.itemId != attempt.key.itemId.text()) continue;
      attempts.push_back(std::move(attempt));
    } catch (const UnreadableValue&) {
      shard_.setValueAside(
          key, {"attempt|" + id, "", item.text}, id,
          "An attempt in the log of this endpoint could not be read and was set aside (hash 'aside').");
    }
  }
  return attempts;
}

}  // namespace lull::redis
