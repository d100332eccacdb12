#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

/// For messages that say what somebody may have meant.
namespace lull::text {

/// Levenshtein distance.
std::size_t editDistance(std::string_view a, std::string_view b);

/// The name that is nearest to `text` when case does not count; the first of several. Empty when there are no names. A
/// view of one of them.
std::string_view nearest(std::string_view text, const std::vector<std::string_view>& names);

}  // namespace lull::text
