#pragma once

#include <lull/ports/stream.hpp>
#include <lull/redis/queue_caps.hpp>
#include <lull/redis/shard.hpp>

namespace lull::redis {

/// The stream of accepted events in Redis (fan.lua). Thread-safe.
class StreamStore : public ports::StreamFanOut {
 public:
  /// `probe`: the least time between two attempts of a head that fails, when new events bring it forward.
  StreamStore(Shard& shard, QueueCaps caps, Millis probe) : shard_(shard), caps_(caps), probe_(probe) {}

  Result<std::uint64_t> waiting() override;
  Result<ports::FanOutcome> fanOut(Instant now, const ports::SubscriberList& known, std::uint32_t changeTypes) override;

 private:
  Shard& shard_;
  const QueueCaps caps_;
  const Millis probe_;
};

}  // namespace lull::redis
