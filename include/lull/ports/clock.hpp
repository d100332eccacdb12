#pragma once

#include <lull/domain/time.hpp>

#include <chrono>
#include <functional>

namespace lull::ports {

/// The fleet's clock: the Redis server's time, sampled. Never decreases. All functions are thread-safe.
/// Time-outs of single requests do not use it: they run on std::chrono::steady_clock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  /// The longest real time that a thread may sleep without missing `at`. A manual clock answers "for ever" for a future
  /// instant and calls the listeners when it is moved.
  virtual std::chrono::nanoseconds realTimeUntil(Instant at) const = 0;
  /// `listener` is called, on any thread, after the clock jumped. It must not block. Call before threads start.
  virtual void onJump(std::function<void()> listener) = 0;
};

}  // namespace lull::ports
