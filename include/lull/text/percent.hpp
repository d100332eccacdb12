#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lull::text {

/// What percent-encoded text stands for (RFC 3986, section 2.1), any bytes. With `plusIsBlank` a + is a blank, as in
/// queries of forms. nullopt: a % that two hex digits do not follow.
std::optional<std::string> percentDecode(std::string_view text, bool plusIsBlank = false);

}  // namespace lull::text
