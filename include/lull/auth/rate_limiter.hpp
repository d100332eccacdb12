#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace lull::auth {

/// How fast each principal may call: a token bucket for each, which holds as many requests as a second brings and fills
/// steadily. It counts in this process only. Thread-safe; does not block.
class RateLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Now = std::function<Time()>;

  /// At most this many principals have a bucket of their own; all others share one, so that a client that can invent
  /// names (the subjects of tokens) can neither fill the memory nor escape the limit.
  static constexpr std::size_t kMostPrincipals = 10'000;

  /// `perSecond` 0 lets everything through.
  explicit RateLimiter(unsigned perSecond, Now now = &std::chrono::steady_clock::now);

  /// Takes a token and returns zero; when there is none, takes nothing and returns how long it is until there is one.
  std::chrono::nanoseconds admit(const std::string& principal);

 private:
  Time& bucketOf(const std::string& principal, Time now);  // call with mutex_ held

  const std::chrono::nanoseconds interval_;  // between two tokens; zero: no limit
  const Now now_;
  std::mutex mutex_;
  /// When each bucket will be full again; a full bucket need not be kept.
  std::unordered_map<std::string, Time> fullAt_;  // protected by mutex_
  Time sweptAt_{};                                // protected by mutex_
};

}  // namespace lull::auth
