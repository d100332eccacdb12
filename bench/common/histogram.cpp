#include "common/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace lull::bench {
namespace {

// Every power of two is cut into 2^10 equal buckets.
constexpr unsigned kSubBits = 10;
constexpr unsigned kMaxBits = 42;
constexpr std::size_t kSubCount = std::size_t{1} << kSubBits;
constexpr std::size_t kBucketCount = (kMaxBits - kSubBits + 1) * kSubCount;

std::size_t bucketOf(std::int64_t value) {
  const auto v = static_cast<std::uint64_t>(value);
  const auto width = static_cast<unsigned>(std::bit_width(v));
  if (width <= kSubBits) {
    return static_cast<std::size_t>(v);
  }
  const unsigned shift = width - kSubBits - 1;
  // The leading bit of (v >> shift) is implied by the shift, so each shift owns kSubCount buckets.
  return (shift + 1) * kSubCount + static_cast<std::size_t>((v >> shift) - kSubCount);
}

std::int64_t upperEdge(std::size_t bucket) {
  if (bucket < kSubCount) {
    return static_cast<std::int64_t>(bucket);
  }
  const std::size_t shift = bucket / kSubCount - 1;
  const std::size_t mantissa = bucket % kSubCount + kSubCount;
  return static_cast<std::int64_t>(((mantissa + 1) << shift) - 1);
}

double milliseconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

}  // namespace

Histogram::Histogram() : buckets_(kBucketCount) {}

void Histogram::record(std::int64_t nanoseconds) {
  constexpr std::int64_t kLargest = (std::int64_t{1} << kMaxBits) - 1;
  const std::int64_t value = std::clamp<std::int64_t>(nanoseconds, 0, kLargest);
  ++buckets_[bucketOf(value)];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

std::int64_t Histogram::percentile(double share) const {
  if (count_ == 0) {
    return 0;
  }
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= std::max<std::uint64_t>(wanted, 1)) {
      return std::min(upperEdge(i), max_);
    }
  }
  return max_;
}

nlohmann::json Histogram::toJson() const {
  const double mean = count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_) / 1e6;
  return {{"count", count_},
          {"mean", mean},
          {"p50", milliseconds(percentile(0.5))},
          {"p90", milliseconds(percentile(0.9))},
          {"p99", milliseconds(percentile(0.99))},
          {"p999", milliseconds(percentile(0.999))},
          {"max", milliseconds(max_)}};
}

}  // namespace lull::bench
