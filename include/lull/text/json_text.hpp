#pragma once

#include <string>
#include <string_view>

namespace lull::text {

/// Appends what stands between the quotes of a JSON string that says `text`: quotes, backslashes and control characters
/// are escaped, everything else stays as it is. A byte that is no UTF-8 becomes U+FFFD.
void appendJsonEscaped(std::string& out, std::string_view text);

}  // namespace lull::text
