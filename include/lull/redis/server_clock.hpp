#pragma once

#include <lull/ports/clock.hpp>
#include <lull/redis/store.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <cstdint>

namespace lull::redis {

/// The fleet's clock: the Redis server's time, sampled once a second and carried on by the local monotonic clock
/// between samples. Never decreases: neither here nor, by an offset kept in Redis, over a failover to a slower clock.
class ServerClock : public ports::Clock {
 public:
  explicit ServerClock(Store& store) : store_(store) {}

  /// Takes one sample. Until the first one succeeded now() is the epoch.
  Status sample();
  /// Samples until stop(); run it on a thread of its own.
  void run();
  void stop();

  Instant now() const override;
  std::chrono::nanoseconds realTimeUntil(Instant at) const override;
  /// Steps of the server's clock are absorbed within a second by the loops' own polling, so no listener is needed.
  void onJump(std::function<void()>) override {}

 private:
  Store& store_;
  std::atomic<std::int64_t> offsetMicros_{0};    // fleet time less steady time; 0: no sample yet
  mutable std::atomic<std::int64_t> latest_{0};  // the largest value now() returned, ms
  std::atomic<bool> stopping_{false};
  runtime::Signal wake_;
};

}  // namespace lull::redis
