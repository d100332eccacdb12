#pragma once

#include <lull/ports/clock.hpp>

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace lull::testing {

/// A clock that stands still until a test moves it. Thread-safe; like the fleet's clock it never decreases.
class ManualClock : public ports::Clock {
 public:
  explicit ManualClock(Instant start = instantOf(1'000'000'000'000)) : start_(start), now_(start) {}

  Instant now() const override {
    std::lock_guard guard(mutex_);
    return now_;
  }
  std::chrono::nanoseconds realTimeUntil(Instant at) const override {
    return at <= now() ? std::chrono::nanoseconds(0) : std::chrono::nanoseconds::max();
  }
  void onJump(std::function<void()> listener) override {
    std::lock_guard guard(mutex_);
    listeners_.push_back(std::move(listener));
  }

  /// Moves the clock to `at`, unless it is past that already, and calls the listeners on this thread.
  void set(Instant at) {
    std::vector<std::function<void()>> listeners;
    {
      std::lock_guard guard(mutex_);
      if (at > now_) now_ = at;
      listeners = listeners_;
    }
    for (const auto& listener : listeners) listener();
  }
  void advance(Millis by) { set(now() + by); }
  /// Sets the clock back to its beginning, for a test that begins anew and has kept nothing that depends on the time.
  void startOver() {
    std::lock_guard guard(mutex_);
    now_ = start_;
  }

 private:
  const Instant start_;
  mutable std::mutex mutex_;
  Instant now_;                                   // protected by mutex_
  std::vector<std::function<void()>> listeners_;  // protected by mutex_
};

}  // namespace lull::testing
