#pragma once

#include <algorithm>
#include <string>
#include <string_view>

/// Reading and writing text. This module includes no other of ours, and all its functions are thread-safe.
namespace lull::text {

/// Letters and digits of ASCII only, whatever the locale: names of HTTP fields, hosts and configuration keys have no
/// others.
constexpr bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool isAlphanumeric(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char lowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// False for the empty text.
inline bool isAllDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, isDigit);
}
inline bool isAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

inline std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = lowerCase(c);
  return lower;
}
inline bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char left, char right) { return lowerCase(left) == lowerCase(right); });
}

/// The blanks around an HTTP field value (RFC 9110 section 5.6.3).
inline constexpr std::string_view kFieldBlanks = " \t";
/// The same and a carriage return, for lines that were cut at their line feed.
inline constexpr std::string_view kLineBlanks = " \t\r";
/// Every white space of ASCII, as .NET trims the values of settings.
inline constexpr std::string_view kAllBlanks = " \t\r\n\v\f";

/// `text` without the `blanks` at its start and end.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = kFieldBlanks) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace lull::text
