#pragma once

#include <lull/domain/event.hpp>
#include <lull/redis/connection.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Events as admit.lua takes them, and what it answers. Pure functions.
namespace lull::redis {

/// An event in the arguments of admit.lua, in their order.
struct PackedEvent {
  std::uint32_t changeType = 0;
  std::string key;
  std::string occurredAt;  ///< ms; empty: now
  std::string traceparent;
  std::string payload;
  std::string id;  ///< digest of the idempotency id and its scope; empty: none
};
PackedEvent packEvent(const Event& event, std::string_view scope);

/// When the earliest window touched is due, whether the stream got something, a sequence for each event, and the
/// revision of the registry.
struct AdmissionAnswer {
  std::optional<Instant> due;
  bool streamed = false;
  std::vector<std::int64_t> sequences;
  std::uint64_t registryRevision = 0;
};
/// Throws UnreadableValue (packing.hpp).
AdmissionAnswer admissionAnswerIn(const Reply& reply, std::size_t events);

}  // namespace lull::redis
