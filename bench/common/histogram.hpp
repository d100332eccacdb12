#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lull::bench {

/// Log-linear histogram in the manner of HDR: constant relative error (below 0.1 %) from 1 ns to about 73 minutes,
/// fixed memory, recording in a few instructions. Not thread-safe; each program is single-threaded.
class Histogram {
 public:
  Histogram();

  void record(std::int64_t nanoseconds);
  [[nodiscard]] std::uint64_t count() const { return count_; }

  /// The upper edge of the bucket that holds the given share (0..1) of the recorded values; 0 when nothing was
  /// recorded.
  [[nodiscard]] std::int64_t percentile(double share) const;

  /// `{count, mean, p50, p90, p99, p999, max}`, times in milliseconds.
  [[nodiscard]] nlohmann::json toJson() const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace lull::bench
