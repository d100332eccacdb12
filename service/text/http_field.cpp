#include <lull/text/ascii.hpp>
#include <lull/text/http_field.hpp>

#include <algorithm>

namespace lull::text {

bool isToken(std::string_view text) {
  static constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return isAlphanumeric(c) || kSymbols.find(c) != std::string_view::npos;
  });
}

bool isFieldValue(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

}  // namespace lull::text
