#pragma once

#include <lull/auth/key_sets.hpp>

#include <algorithm>
#include <chrono>

namespace lull::auth {

/// When keys are fetched. Time comes in as an argument. Not thread-safe.
class RefreshPlan {
 public:
  using Time = std::chrono::steady_clock::time_point;

  RefreshPlan(const KeyTimes& times, Time now) : times_(times), next_(now), retry_(times.firstRetry) {}

  Time next() const { return next_; }

  /// A fetch out of turn, because a token is signed with none of the keys known. False when the last one is too recent:
  /// whoever sends made-up keys must not make Lull press its issuer.
  bool ask(Time now) {
    if (begun_ && now < begunAt_ + times_.leastGap) return false;
    next_ = std::min(next_, now);
    return true;
  }

  void begin(Time now) {
    begun_ = true;
    begunAt_ = now;
  }

  void succeeded(Time now) {
    next_ = now + times_.period;
    retry_ = times_.firstRetry;
  }

  void failed(Time now) {
    next_ = now + retry_;
    retry_ = std::min(2 * retry_, times_.leastGap);
  }

 private:
  const KeyTimes times_;
  Time next_;
  Time begunAt_{};
  bool begun_ = false;
  std::chrono::milliseconds retry_;
};

}  // namespace lull::auth
