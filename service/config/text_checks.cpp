#include "text_checks.hpp"

#include "setting_text.hpp"

#include <lull/config/redis_address.hpp>
#include <lull/domain/status_set.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/http_field.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace lull::config {
namespace {

/// Whether all characters are letters, digits or ". _ -" of ASCII, or among `further`.
bool holdsOnlyName(std::string_view text, std::string_view further = "") {
  constexpr std::string_view kMarks = "._-";
  return std::ranges::all_of(text, [&](char c) {
    return text::isAlphanumeric(c) || kMarks.find(c) != std::string_view::npos ||
           further.find(c) != std::string_view::npos;
  });
}

bool holdsOnlyHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return text::hexValue(c) >= 0; });
}

}  // namespace

std::string checkNotEmpty(std::string_view text) {
  constexpr std::size_t kMaxLength = 4096;
  if (text.empty()) return "is empty";
  return text.size() > kMaxLength ? "is too long" : "";
}

std::string checkLabel(std::string_view text) {
  constexpr std::size_t kMaxLength = 100;
  return !text.empty() && text.size() <= kMaxLength ? "" : "is empty or too long";
}

std::string checkName(std::string_view text) {
  constexpr std::size_t kMaxLength = 200;
  const bool good = !text.empty() && text.size() <= kMaxLength && holdsOnlyName(text);
  return good ? "" : "is not a name";
}

bool looksLikeKey(std::string_view text) {
  constexpr std::size_t kShortestKey = 16;
  text = trimmed(text);
  const bool hex = text.size() == 64 && holdsOnlyHex(text);
  return hex || text.find("-----BEGIN") != std::string_view::npos ||
         (text.size() >= kShortestKey && text.ends_with('='));
}

std::string checkMediaType(std::string_view text) {
  constexpr std::size_t kMaxLength = 200;
  const auto type = trimmed(text.substr(0, text.find(';')));
  const auto slash = std::min(type.find('/'), type.size());
  const bool good = text.size() <= kMaxLength && text::isAscii(text) && text::isFieldValue(text) &&
                    slash < type.size() && text::isToken(type.substr(0, slash)) &&
                    text::isToken(type.substr(slash + 1));
  return good ? "" : "is not a media type";
}

std::string checkKeyPrefix(std::string_view text) {
  constexpr std::size_t kMaxLength = 64;
  const bool good = !text.empty() && text.size() <= kMaxLength && holdsOnlyName(text, ":");
  return good ? "" : "is not a key prefix";
}

std::string checkConnectionString(std::string_view text) {
  const auto address = parseRedisConnectionString(text);
  return address ? "" : address.error().message;
}

std::string checkSuccess(std::string_view text) {
  return text.starts_with('2') ? "" : "is not a 2xx status";
}

Result<std::string> parsePathBase(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return std::string();
  const bool good = text.starts_with('/') && holdsOnlyName(text, "/~") && text.find("//") == std::string_view::npos &&
                    text.find("/.") == std::string_view::npos;
  return good ? Result<std::string>(std::string(text)) : wrong("is not a path that begins with / and needs no escapes");
}

Result<std::string> parseSha256(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  if (text.size() != kDigits || !holdsOnlyHex(text)) {
    return wrong("is not a SHA-256 in hex (it has " + std::to_string(text.size()) + " characters)");
  }
  return text::lowerCase(text);
}

Result<std::uint64_t> parseMemorySize(std::string_view text) {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 20;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50;
  static constexpr auto kUnits = std::to_array<std::pair<std::string_view, std::uint64_t>>({
      {"", 1},
      {"b", 1},
      {"k", 1000},
      {"kb", 1 << 10},
      {"m", 1'000'000},
      {"mb", 1 << 20},
      {"g", 1'000'000'000},
      {"gb", 1 << 30},
  });
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit = text::lowerCase(text.substr(static_cast<std::size_t>(end - text.data())));
  const auto* const known = std::ranges::find(kUnits, unit, &decltype(kUnits)::value_type::first);
  if (error == std::errc::invalid_argument || known == kUnits.end()) return wrong("is not a size");
  if (error != std::errc{} || number > kMost / known->second) return wrong("is out of range");
  const auto bytes = number * known->second;
  if (bytes != 0 && bytes < kLeast) return wrong("is too little");
  return bytes;
}

Result<std::string> parseRole(std::string_view text) {
  for (const std::string& role : splitList(kRoleNames, ",")) {
    if (text::equalsIgnoringCase(role, text)) return role;
  }
  return wrong("is not a role");
}

}  // namespace lull::config
