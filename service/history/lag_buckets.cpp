#include <lull/history/lag_buckets.hpp>

#include <algorithm>
#include <cmath>

namespace lull::history {

std::uint32_t bucketOf(Millis lag) {
  if (lag < Millis{1}) return 0;
  // The logarithm of a bound may come out a hair below it.
  const auto quarters = std::floor(4 * std::log2(static_cast<double>(lag.count())) + 1e-9);
  return std::min(static_cast<std::uint32_t>(quarters) + 1, kLagBuckets - 1);
}

Millis lagOf(std::uint32_t bucket) {
  if (bucket == 0) return Millis{0};
  return Millis{std::llround(std::exp2((static_cast<double>(bucket) - 0.5) / 4))};
}

std::optional<std::uint32_t> percentile(const ports::LagCounts& counts, double share) {
  std::uint64_t total = 0;
  for (const auto& [bucket, count] : counts) total += count;
  const auto wanted = std::ceil(static_cast<double>(total) * share);
  std::uint64_t seen = 0;
  for (const auto& [bucket, count] : counts) {
    seen += count;
    if (count > 0 && static_cast<double>(seen) >= wanted) return bucket;
  }
  return std::nullopt;
}

}  // namespace lull::history
