#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace lull::api {

/// How many replies that read the store are made at once: each may hold a page of its items, and more at a time would
/// only wait for the store's connections. Thread-safe.
class PageGate {
 public:
  /// The right to make one; `ok()` is false when none became free in time.
  class Pass {
   public:
    explicit Pass(PageGate& gate) : gate_(gate), ok_(gate.enter()) {}
    ~Pass() {
      if (ok_) gate_.leave();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    bool ok() const { return ok_; }

   private:
    PageGate& gate_;
    const bool ok_;
  };

 private:
  static constexpr std::size_t kMost = 16;
  static constexpr auto kPatience = std::chrono::seconds(10);

  bool enter() {
    std::unique_lock guard(mutex_);
    if (!changed_.wait_for(guard, kPatience, [this] { return inside_ < kMost; })) return false;
    ++inside_;
    return true;
  }
  void leave() {
    {
      std::lock_guard guard(mutex_);
      --inside_;
    }
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t inside_ = 0;  // protected by mutex_
};

}  // namespace lull::api
