#include "redaction.hpp"

#include <algorithm>
#include <string_view>

namespace lull::net {

namespace {

constexpr std::size_t kShortest = 4;
constexpr std::string_view kHidden = "***";

void hide(std::string& text, std::string_view value) {
  if (value.size() < kShortest) return;
  for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + kHidden.size())) {
    text.replace(at, value.size(), kHidden);
  }
  for (auto length = std::min(text.size(), value.size() - 1); length >= kShortest; --length) {
    if (!std::string_view(text).ends_with(value.substr(0, length))) continue;
    text.replace(text.size() - length, length, kHidden);
    return;
  }
}

}  // namespace

std::string withoutValues(std::string text, const std::vector<std::pair<std::string, std::string>>& headers) {
  if (text.empty()) return text;
  std::vector<std::string_view> values;
  for (const auto& [name, value] : headers) {
    values.push_back(value);
    const auto space = value.find(' ');
    if (space != std::string::npos) values.push_back(std::string_view(value).substr(space + 1));
  }
  // The longest first: hiding a part of another value would leave the rest of it readable.
  std::ranges::sort(values, std::ranges::greater{}, &std::string_view::size);
  for (const auto value : values) hide(text, value);
  return text;
}

}  // namespace lull::net
