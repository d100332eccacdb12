#pragma once

#include <algorithm>
#include <chrono>

namespace lull::runtime {

/// The moment by which something ends, on the monotonic clock. A value: all stages of a stop get the same one, so that
/// together they take no longer than each alone may.
class Deadline {
 public:
  using SteadyClock = std::chrono::steady_clock;
  using Millis = std::chrono::milliseconds;

  explicit Deadline(SteadyClock::time_point at) : at_(at) {}
  static Deadline in(Millis time) { return Deadline(SteadyClock::now() + time); }

  SteadyClock::time_point at() const { return at_; }
  bool passed() const { return SteadyClock::now() >= at_; }
  /// Never negative.
  Millis left() const { return std::max(std::chrono::ceil<Millis>(at_ - SteadyClock::now()), Millis{0}); }
  Deadline later(Millis by) const { return Deadline(at_ + by); }

 private:
  SteadyClock::time_point at_;
};

}  // namespace lull::runtime
