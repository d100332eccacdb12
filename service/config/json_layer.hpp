#pragma once

#include "layer.hpp"

#include <string>
#include <string_view>

namespace lull::config {

/// Adds the settings of a JSON text to `layer`, as .NET's JSON configuration provider flattens them: "A:B:0". Comments
/// and trailing commas are allowed, a repeated member replaces the earlier one (objects are merged), null and an empty
/// array are the empty text, at most 64 levels. `path` names the file in sources and problems. When the text is broken
/// a problem with line and column is added and the layer stays as it was.
void addJson(std::string_view text, const std::string& path, Layer& layer, Findings& findings);

}  // namespace lull::config
