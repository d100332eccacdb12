#pragma once

#include "loadgen/options.hpp"

#include <algorithm>
#include <cstdint>
#include <random>

namespace lull::bench {

/// The item ids of a load: ascending and distinct, or skewed (90 % of the events on the first 1 % of the universe).
class ItemSource {
 public:
  explicit ItemSource(const LoadOptions& options)
      : next_(options.firstItem), first_(options.firstItem), universe_(options.hotUniverse), random_(options.seed) {}

  std::uint64_t next() {
    if (universe_ == 0) {
      return next_++;
    }
    const std::uint64_t hot = std::max<std::uint64_t>(universe_ / 100, 1);
    const std::uint64_t draw = random_();
    // The low digits choose the group, the rest the item; a modulo bias of 2^-40 does not matter here.
    return first_ +
           (draw % 10 != 0 ? (draw / 10) % hot : hot + (draw / 10) % std::max<std::uint64_t>(universe_ - hot, 1));
  }

 private:
  std::uint64_t next_;
  std::uint64_t first_;
  std::uint64_t universe_;
  std::mt19937_64 random_;
};

}  // namespace lull::bench
