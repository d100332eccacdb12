#pragma once

#include <cstddef>
#include <string_view>

namespace lull::api {

/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool isUtf8(std::string_view text);
/// Code points of valid UTF-8.
std::size_t countCharacters(std::string_view text);

}  // namespace lull::api
