#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace lull::jobs {

/// Monotonic time.
using Ticks = std::chrono::steady_clock::time_point;

/// How many letters a job may move when. With a rate it moves that many per second, evenly; what it could not move in
/// time, because the store was slow or away, is made up for a quarter of a second only, so there is no burst. Without a
/// rate it rests after each step for as long as the step took, so that others get at least half of the store. One
/// thread.
class Pace {
 public:
  /// `perSecond` 0: without a rate.
  Pace(std::uint32_t perSecond, Ticks now) : perSecond_(perSecond), since_(now), notBefore_(now) {}

  /// How many may be moved now, at most `most`.
  std::size_t allowance(Ticks now, std::size_t most);
  /// `moved` were moved in a step that took from `began` to `ended`.
  void spend(std::size_t moved, Ticks began, Ticks ended);
  /// How long to wait until it is worth while to move some.
  std::chrono::nanoseconds rest(Ticks now) const;

 private:
  double due(Ticks now) const;

  const std::uint32_t perSecond_;
  Ticks since_;              ///< with a rate: from when on `moved_` counts
  std::uint64_t moved_ = 0;  ///< with a rate
  Ticks notBefore_;          ///< without a rate
};

}  // namespace lull::jobs
