#pragma once

#include <lull/domain/operation.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace lull::redis {

/// An entry of the index of what changed (lib/changes.lua), as far as the service looks at it.
struct StoredChange {
  std::uint64_t upto = 0;
  Instant fired;
  Instant last;
  Operation operation = Operation::Update;
  std::string eventType;
};

/// Throws UnreadableValue (packing.hpp).
StoredChange readChange(std::string_view packed);

}  // namespace lull::redis
