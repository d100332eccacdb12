#pragma once

#include <cstdint>
#include <ctime>

namespace lull::bench {

/// Nanoseconds of CLOCK_MONOTONIC. It is the same clock in every process of the machine, so the load generator's send
/// times and the sink's arrival times can be subtracted.
inline std::int64_t monotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace lull::bench
