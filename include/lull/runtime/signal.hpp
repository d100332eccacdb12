#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace lull::runtime {

/// A wake-up that is not lost: notify() before wait() makes the next wait() return at once. Any number of notifiers,
/// one waiter.
class Signal {
 public:
  void notify() {
    {
      std::lock_guard guard(mutex_);
      raised_ = true;
    }
    changed_.notify_one();
  }

  /// Returns when notified or after `most`, whichever is first, and takes the notification back.
  void wait(std::chrono::nanoseconds most) {
    std::unique_lock guard(mutex_);
    // An hour at a time keeps "for ever" away from the overflow of the clock's arithmetic.
    const auto bounded =
        most < std::chrono::nanoseconds(std::chrono::hours(1)) ? most : std::chrono::nanoseconds(std::chrono::hours(1));
    changed_.wait_for(guard, bounded, [this] { return raised_; });
    raised_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;  // protected by mutex_
};

}  // namespace lull::runtime
