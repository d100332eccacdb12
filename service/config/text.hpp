#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Small text helpers of the config module. All pure.
namespace lull::config {

std::string_view trimmed(std::string_view text);

/// ASCII only, as configuration keys are compared.
std::string lowerCase(std::string_view text);
bool equalsIgnoringCase(std::string_view a, std::string_view b);

/// Splits at each of `separators`; parts are trimmed. A blank text has no parts.
std::vector<std::string> splitList(std::string_view text, std::string_view separators);

/// The segments of a key: "A:b:0" is {"A", "b", "0"}.
std::vector<std::string> keySegments(std::string_view key);

/// At most four digits, without leading zeros.
bool isIndex(std::string_view segment);

/// Environment variables and files spell "A:B" as "A__B".
std::string keyFromName(std::string_view name);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// The text with control characters shown as \xNN: safe for a terminal, a log, and one line.
std::string printable(std::string_view text);

/// The printable text in quotes, cut to a readable length.
std::string inQuotes(std::string_view text);

/// Levenshtein distance.
std::size_t editDistance(std::string_view a, std::string_view b);

}  // namespace lull::config
