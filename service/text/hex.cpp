#include <lull/text/hex.hpp>

#include <cstddef>

namespace lull::text {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

std::string toHex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHexDigits[byte >> 4U];
    text += kHexDigits[byte & 0xfU];
  }
  return text;
}

std::optional<std::string> fromHex(std::string_view text) {
  if (text.size() % 2 != 0 || text.find_first_not_of(kHexDigits) != std::string_view::npos) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    bytes += static_cast<char>(hexValue(text[at]) * 16 + hexValue(text[at + 1]));
  }
  return bytes;
}

}  // namespace lull::text
