#pragma once

#include <lull/text/ascii.hpp>

#include <string>
#include <string_view>
#include <vector>

/// How settings are written: keys, lists, and values as messages show them. All pure.
namespace lull::config {

/// `text` without the blanks that .NET trims off a value.
inline std::string_view trimmed(std::string_view text) {
  return text::trimmed(text, text::kAllBlanks);
}

/// Splits at each of `separators`; parts are trimmed. A blank text has no parts.
std::vector<std::string> splitList(std::string_view text, std::string_view separators);

/// The segments of a key: "A:b:0" is {"A", "b", "0"}.
std::vector<std::string> keySegments(std::string_view key);

/// At most four digits, without leading zeros.
bool isIndex(std::string_view segment);

/// Environment variables and files spell "A:B" as "A__B".
std::string keyFromName(std::string_view name);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// The printable text in quotes, cut to a readable length.
std::string inQuotes(std::string_view text);

}  // namespace lull::config
