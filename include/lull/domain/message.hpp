#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/item_id.hpp>
#include <lull/domain/message_key.hpp>
#include <lull/domain/operation.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull {

/// The content that the newest event (by occurredAt) gave a message.
struct Payload {
  ItemId baseId;
  std::string eventType;  ///< internal name of the winning event
  std::string data;       ///< JSON text, empty: none
  Operation operation = Operation::Update;
  std::string scope;  ///< empty: none
  /// What an update changed; absent when nobody said.
  std::optional<std::vector<std::string>> changedFields;

  bool operator==(const Payload&) const = default;
};

/// What a channel is asked to deliver: the content of one queued message. It never changes while leased.
struct Message {
  std::string id;  ///< webhook-id: the same on every attempt of the same content
  ItemKey key;     ///< what it is about; where it stands in the queue is a MessageKey
  Payload payload;
  std::string traceparent;       ///< of the latest event that had one, empty: none
  std::uint64_t upto = 0;        ///< highest sequence merged into it, sent as Lull-Sequence
  std::uint64_t eventCount = 0;  ///< events merged into it
  std::uint32_t attempts = 0;    ///< attempts counted so far; of a claimed message it includes the present one
  std::optional<Instant> firstFailedAt;
  Instant occurredAt{};  ///< when the event that gave the payload occurred
  /// When this content was claimed for the first time, the same on every attempt, so that the bodies are the same, too;
  /// until then when it became due.
  Instant sentAt{};
  bool replay = false;  ///< sent out of its order: revived, or set aside before
};

/// A message under a lease. Settling with any other token does nothing.
struct Claim {
  EndpointId endpoint;
  MessageKey key;
  Message message;
  std::uint64_t token = 0;
  std::uint32_t losses = 0;     ///< leases lost in a row before this one
  std::uint32_t step = 0;       ///< entries of the retry schedule that are used up
  Instant entryDue;             ///< when the retry schedule wants the next attempt
  bool broughtForward = false;  ///< claimed before `entryDue`: its attempt uses up no entry of the schedule
  Millis lease{0};              ///< the length of its lease, within which its attempt must end
  std::uint32_t slot = 0;       ///< of the process that leased it (ports::LifeSign)
  bool probe = false;           ///< the one attempt of an open breaker
  /// To be buried unsent: it lost too many leases, the last one while nothing else ran in its process.
  bool poisoned = false;
  bool expired = false;  ///< to be buried unsent: it is older than Delivery:MaxAge
  Instant dueAt;         ///< when it became due: the start of delivery lag
};

}  // namespace lull
