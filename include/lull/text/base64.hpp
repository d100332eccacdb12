#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lull::text {

/// RFC 4648 section 4, with padding.
std::string toBase64(std::string_view bytes);
/// RFC 4648 section 5, without padding.
std::string toBase64Url(std::string_view bytes);

/// These read only what the encoders above write, so that every value has one spelling: no blanks or line ends, the
/// right padding, and zeros in the bits that fill no byte.
std::optional<std::string> fromBase64(std::string_view text);
std::optional<std::string> fromBase64Url(std::string_view text);

/// The six bits that a character of either alphabet stands for; -1 for another character.
int base64Value(char c);

}  // namespace lull::text
