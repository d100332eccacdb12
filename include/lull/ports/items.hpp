#pragma once

#include <lull/domain/dead_letter.hpp>
#include <lull/domain/event.hpp>
#include <lull/domain/result.hpp>
#include <lull/ports/queue_view.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::ports {

/// The last success about an item, as far as the endpoint's attempt log reaches back.
struct LastDelivered {
  std::uint64_t sequence = 0;
  Instant at;
};

/// What one endpoint holds about an item. With `order: endpoint` or `none` the item has no place of its own in the
/// queue, so only the first messages of that are looked at; and only the newest of letters that are one per message.
struct EndpointStory {
  EndpointId endpoint;
  std::optional<QueueItem> inFlight;
  std::optional<QueueItem> waiting;  ///< what is attempted next; behind an attempt, what follows it
  /// How many messages of the item wait behind its head, which `waiting` may be the first of; absent: not known without
  /// reading the queue.
  std::optional<std::uint64_t> behind;
  std::optional<LastDelivered> lastDelivered;
  std::optional<DeadLetter> deadLetter;

  bool empty() const { return !inFlight && !waiting && !lastDelivered && !deadLetter; }
};

struct ItemStory {
  std::optional<Window> window;
  std::vector<EndpointStory> endpoints;  ///< those that hold or have sent something about it, in order of their ids
};

/// The operator's view of one item. Thread-safe.
class Items {
 public:
  virtual ~Items() = default;
  /// `itemId` matches ItemId::text(), as filters do: "3" is the number 3 and the text "3". When both exist, their parts
  /// stand side by side, the number's first. An item that nobody knows has an empty story.
  /// `among`: what these endpoints have to do with it; absent: all.
  virtual Result<ItemStory> story(std::uint32_t changeType, const std::string& itemId,
                                  const std::optional<EndpointIds>& among = {}) = 0;
};

}  // namespace lull::ports
