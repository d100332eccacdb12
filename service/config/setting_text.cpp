#include "setting_text.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/printable.hpp>
#include <lull/text/utf8.hpp>

namespace lull::config {
namespace {

constexpr std::size_t kShownBytes = 200;

}  // namespace

std::vector<std::string> splitList(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  if (trimmed(text).empty()) return parts;
  while (true) {
    const auto end = text.find_first_of(separators);
    parts.emplace_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> keySegments(std::string_view key) {
  std::vector<std::string> segments;
  while (true) {
    const auto end = key.find(':');
    segments.emplace_back(key.substr(0, end));
    if (end == std::string_view::npos) return segments;
    key.remove_prefix(end + 1);
  }
}

bool isIndex(std::string_view segment) {
  constexpr std::size_t kMaxDigits = 4;
  if (segment.size() > 1 && segment.starts_with('0')) return false;
  return segment.size() <= kMaxDigits && text::isAllDigits(segment);
}

std::string keyFromName(std::string_view name) {
  std::string key;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name.substr(at).starts_with("__")) {
      key += ':';
      ++at;
    } else {
      key += name[at];
    }
  }
  return key;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

std::string inQuotes(std::string_view text) {
  if (text.size() <= kShownBytes) return "\"" + text::printable(text) + "\"";
  std::size_t end = kShownBytes;
  while (end > 0 && text::continuesCharacter(text[end])) --end;
  return "\"" + text::printable(text.substr(0, end)) + "…\"";
}

}  // namespace lull::config
