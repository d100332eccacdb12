#pragma once

#include <lull/domain/time.hpp>
#include <lull/ports/history.hpp>

#include <cstdint>
#include <optional>

namespace lull::history {

/// Delivery lags are counted in buckets whose bounds grow by the fourth root of two, so that any lag can be told from
/// its bucket to within 9.1 % (and half a millisecond). Bucket 0 is less than 1 ms, bucket b holds
/// [2^((b-1)/4), 2^(b/4)) ms, and the last one all lags from 8.8 days on.
inline constexpr std::uint32_t kLagBuckets = 120;

std::uint32_t bucketOf(Millis lag);
/// The geometric middle of a bucket, rounded.
Millis lagOf(std::uint32_t bucket);

/// The bucket of the smallest lag that at least `share` of all do not exceed; nothing without a lag. history_close.lua
/// does the same for the shortest step and for a minute.
std::optional<std::uint32_t> percentile(const ports::LagCounts& counts, double share);

}  // namespace lull::history
