#include "text.hpp"

#include <algorithm>
#include <numeric>

namespace lull::config {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::size_t kShownCharacters = 200;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lowerCase(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

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
  return !segment.empty() && segment.size() <= kMaxDigits &&
         segment.find_first_not_of("0123456789") == std::string_view::npos;
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

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      shown += "\\x";
      shown += kHex[byte >> 4U];
      shown += kHex[byte & 0xfU];
    } else {
      shown += c;
    }
  }
  return shown;
}

std::string inQuotes(std::string_view text) {
  return "\"" + printable(text.substr(0, kShownCharacters)) + (text.size() > kShownCharacters ? "…\"" : "\"");
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace lull::config
