#pragma once

#include <lull/ports/jobs.hpp>

#include <string>
#include <string_view>

namespace lull::redis {

/// What a job does, and when the last of its letters died, as they are stored: opaque bytes to the scripts. Version
/// byte 1.
struct StoredOrder {
  ports::JobOrder order;
  Instant until;
};
std::string packOrder(const StoredOrder& stored);
/// Throws UnreadableValue.
StoredOrder readOrder(std::string_view bytes);

}  // namespace lull::redis
