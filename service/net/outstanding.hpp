#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace lull::net {

/// Counts calls that still run on other threads. Thread-safe; shared by all holders of tickets.
class Outstanding : public std::enable_shared_from_this<Outstanding> {
 public:
  /// A running call. It ends when the last copy of the ticket is destroyed.
  std::shared_ptr<void> ticket() {
    {
      const std::lock_guard guard(mutex_);
      ++count_;
    }
    return {this, [self = shared_from_this()](void*) { self->ended(); }};
  }
  /// Waits until no call runs.
  void waitForNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }
  /// The same for at most `patience`.
  void waitForNone(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    none_.wait_for(lock, patience, [this] { return count_ == 0; });
  }

 private:
  void ended() {
    const std::lock_guard guard(mutex_);
    if (--count_ == 0) none_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;  // protected by mutex_
};

}  // namespace lull::net
