#pragma once

#include "incoming.hpp"

#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

namespace lull::rabbit {

/// What was taken and not acknowledged, by tag.
using Unacknowledged = std::map<std::uint64_t, std::shared_ptr<Incoming>>;

/// Whether one acknowledgement "up to the last of these tags" means these and nothing else. The tags ascend.
inline bool areAllUpToTheLast(const std::vector<std::uint64_t>& tags, const Unacknowledged& open) {
  if (tags.empty() || open.empty() || open.begin()->first != tags.front()) return false;
  const auto upTo = std::distance(open.begin(), open.upper_bound(tags.back()));
  return static_cast<std::size_t>(upTo) == tags.size() && open.contains(tags.back());
}

}  // namespace lull::rabbit
