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

  /// No more principals than this have a bucket of their own; what comes on top shares one, so that whoever can make up
  /// names (the subjects of tokens) can neither fill the memory nor escape the limit.
  static constexpr std::size_t kMostPrincipals = 10'000;

  /// `perSecond` 0 lets everything through.
  explicit RateLimiter(unsigned perSecond, Now now = &std::chrono::steady_clock::now);

  /// Takes a token. Zero: go on. Else nothing was taken, and this is how long until there is one.
  std::chrono::nanoseconds admit(const std::string& principal);

 private:
  Time& bucketOf(const std::string& principal, Time now);  // call with mutex_ held

  const std::chrono::nanoseconds interval_;  // between two tokens; zero: no limit
  const Now now_;
  std::mutex mutex_;
  /// When each bucket will be full again; one that is full is as good as none.
  std::unordered_map<std::string, Time> fullAt_;  // protected by mutex_
  Time sweptAt_{};                                // protected by mutex_
};

}  // namespace lull::auth
