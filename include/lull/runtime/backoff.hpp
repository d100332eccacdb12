#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace lull::runtime {

/// The pauses of a loop whose store is away: they double from `first` to `longest`, and each is drawn at random between
/// its half and its whole, so that replicas do not return all at once. Not thread-safe: one loop owns it.
class LoopBackoff {
 public:
  using Millis = std::chrono::milliseconds;
  explicit LoopBackoff(Millis first = Millis{50}, Millis longest = Millis{1000})
      : first_(first), longest_(longest), step_(first) {}

  Millis next() {
    std::uniform_int_distribution<Millis::rep> draw(step_.count() / 2, step_.count());
    const Millis pause{draw(random_)};
    step_ = std::min(step_ * 2, longest_);
    return pause;
  }
  void reset() { step_ = first_; }

 private:
  const Millis first_;
  const Millis longest_;
  Millis step_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace lull::runtime
