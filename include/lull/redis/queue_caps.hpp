#pragma once

#include <cstdint>

namespace lull::redis {

/// How much an endpoint with `delivery: every` may have queued, paused or not. The bytes are those of the packed
/// messages and their keys.
struct QueueCaps {
  std::uint64_t messages = 1'000'000;
  std::uint64_t bytes = std::uint64_t{1} << 30;
};

}  // namespace lull::redis
