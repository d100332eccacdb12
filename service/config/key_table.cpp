#include "key_table.hpp"

#include "setting_text.hpp"
#include "text_checks.hpp"

#include <lull/config/broker_address.hpp>
#include <lull/config/redis_address.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/nearest.hpp>

#include <algorithm>
#include <limits>

namespace lull::config {
namespace {

bool isPlaceholder(std::string_view segment) {
  return segment.starts_with('{');
}

bool segmentMatches(std::string_view pattern, std::string_view segment) {
  if (pattern == "{i}" || pattern == "{j}") return isIndex(segment);
  return isPlaceholder(pattern) ? !segment.empty() : text::equalsIgnoringCase(pattern, segment);
}

KeyMatch matchRow(const KeyRow& row, const std::vector<std::string>& segments) {
  const auto pattern = keySegments(row.key);
  const bool isEntry = row.rule.isList && segments.size() == pattern.size() + 1 && isIndex(segments.back());
  if (segments.size() != pattern.size() && !isEntry) return {};
  KeyMatch match{&row, {}, isEntry};
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!segmentMatches(pattern[i], segments[i])) return {};
    if (isPlaceholder(pattern[i])) match.wildcards.push_back(segments[i]);
  }
  return match;
}

/// The row's key with the key's own segments in place of the placeholders where they fit.
std::string instantiated(const KeyRow& row, const std::vector<std::string>& segments) {
  auto pattern = keySegments(row.key);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!isPlaceholder(pattern[i])) continue;
    pattern[i] = i < segments.size() && segmentMatches(pattern[i], segments[i]) ? segments[i] : "0";
  }
  return join(pattern, ":");
}

/// For several URLs in one text, too.
std::string withoutUserInfo(std::string_view text) {
  std::string shown;
  while (true) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos) return shown.append(text);
    shown.append(text.substr(0, scheme + 3));
    text.remove_prefix(scheme + 3);
    const auto authority = text.substr(0, text.find_first_of("/?#;, "));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
      shown.append("***");
      text.remove_prefix(at);
    }
  }
}

}  // namespace

KeyMatch matchKey(std::string_view key) {
  const auto segments = keySegments(key);
  for (const KeyRow& row : keyRows()) {
    if (auto match = matchRow(row, segments)) return match;
  }
  return {};
}

bool isOurs(std::string_view key) {
  if (text::equalsIgnoringCase(key, "ConnectionStrings:Redis")) return true;
  const auto segments = keySegments(key);
  return std::any_of(keyRows().begin(), keyRows().end(), [&](const KeyRow& row) {
    const auto pattern = keySegments(row.key);
    return text::equalsIgnoringCase(pattern[0], segments[0]) && (pattern.size() == 1 || segments.size() > 1);
  });
}

std::string nearestKey(std::string_view key) {
  const auto segments = keySegments(key);
  const std::string lower = text::lowerCase(key);
  std::string nearest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const KeyRow& row : keyRows()) {
    std::string candidate = instantiated(row, segments);
    const std::size_t distance = text::editDistance(lower, text::lowerCase(candidate));
    if (distance >= least) continue;
    least = distance;
    nearest = std::move(candidate);
  }
  return nearest;
}

std::string shownValue(const KeyRow& row, std::string_view text) {
  switch (row.secrecy) {
    case Secrecy::Hidden:
      return text.empty() ? "" : "***";
    case Secrecy::ConnectionString:
      return redactRedisConnectionString(text);
    case Secrecy::Url:
      return withoutUserInfo(text);
    case Secrecy::BrokerUrl:
      return redactBrokerAddress(text);
    case Secrecy::FileName:
      return looksLikeKey(text) ? "***" : std::string(text);
    case Secrecy::Open:
      break;
  }
  return std::string(text);
}

}  // namespace lull::config
