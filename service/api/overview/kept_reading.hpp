#pragma once

#include <lull/domain/result.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace lull::api {

/// A value that is expensive to read and that anybody may ask for. One caller at a time reads it, and it, or its
/// failure, is kept for a while, so that its cost does not grow with the number of callers. Callers that come
/// meanwhile wait for that reading; when too many wait already they get an error. Thread-safe.
template <class T>
class KeptReading {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using Duration = std::chrono::steady_clock::duration;
  static constexpr std::size_t kMostWaiting = 64;

  explicit KeptReading(Duration kept = std::chrono::seconds(1), Clock clock = &std::chrono::steady_clock::now)
      : for_(kept), clock_(std::move(clock)) {}

  template <class Read>
  Result<T> get(const Read& read) {
    std::unique_lock guard(mutex_);
    if (!reading_ && fresh()) return *kept_;
    if (!reading_) return readNow(guard, read);
    if (waiting_ == kMostWaiting)
      return Error{ErrorCode::Unavailable, "Too many ask for this at once; ask again later."};
    ++waiting_;
    const auto number = readings_;
    changed_.wait(guard, [&] { return readings_ != number; });
    --waiting_;
    return *kept_;
  }

 private:
  // With mutex_ held.
  bool fresh() const { return kept_ && clock_() - readAt_ < for_; }

  template <class Read>
  Result<T> readNow(std::unique_lock<std::mutex>& guard, const Read& read) {
    reading_ = true;
    const auto startedAt = clock_();
    guard.unlock();
    auto outcome = attempt(read);
    guard.lock();
    reading_ = false;
    kept_ = std::move(outcome);
    readAt_ = startedAt;
    ++readings_;
    changed_.notify_all();
    return *kept_;
  }

  // The waiting callers must get an answer, whatever the reader throws.
  template <class Read>
  static Result<T> attempt(const Read& read) {
    try {
      return read();
    } catch (const std::exception&) {
      return Error{ErrorCode::Unavailable, "There is no memory to read this now; ask again later."};
    }
  }

  const Duration for_;
  const Clock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<T>> kept_;  // protected by mutex_, as all below
  std::chrono::steady_clock::time_point readAt_;
  std::size_t readings_ = 0;
  std::size_t waiting_ = 0;
  bool reading_ = false;
};

}  // namespace lull::api
