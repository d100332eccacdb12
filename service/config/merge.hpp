#pragma once

#include "layer.hpp"

#include <map>
#include <string>
#include <vector>

namespace lull::config {

/// The winning values by lower-case key. A later layer beats an earlier one; lists merge by index, except that the
/// one-string form of a list replaces whatever the layers below it say, and an index above it replaces one of its
/// entries. Afterwards a list is there either as one string or as entries, never as both.
std::map<std::string, RawValue> mergeLayers(const std::vector<Layer>& layers);

}  // namespace lull::config
