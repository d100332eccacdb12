#pragma once

#include <lull/ports/stream.hpp>
#include <lull/redis/queue_caps.hpp>
#include <lull/redis/shard.hpp>

#include <cstddef>

namespace lull::redis {

/// The stream of accepted events in Redis (fan.lua). Thread-safe.
class StreamStore : public ports::StreamFanOut {
 public:
  /// `probe`: the least time between two attempts of a head that fails, when new events bring it forward.
  /// `messagesPerCall`: about how many a call puts before it stops.
  StreamStore(Shard& shard, QueueCaps caps, Millis probe, std::size_t messagesPerCall = 1000)
      : shard_(shard), caps_(caps), probe_(probe), messagesPerCall_(messagesPerCall) {}

  Result<std::uint64_t> waiting() override;
  Result<ports::FanOutcome> fanOut(Instant now, const ports::SubscriberList& known, std::uint32_t changeTypes) override;

 private:
  Shard& shard_;
  const QueueCaps caps_;
  const Millis probe_;
  const std::size_t messagesPerCall_;
};

}  // namespace lull::redis
