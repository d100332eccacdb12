#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lull::text {

/// The value of a hex digit in either case; -1 for another character.
constexpr int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Two lower-case digits for each byte.
std::string toHex(std::string_view bytes);
/// Only what toHex() writes is read.
std::optional<std::string> fromHex(std::string_view text);

}  // namespace lull::text
